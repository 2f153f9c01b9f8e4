"""People, a client for each, and handshakes as a server hands them over."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from rest_framework.test import APIClient

from config.sign_in import tokens

PASSWORD = "correct horse"
Scope = dict[str, Any]


@pytest.fixture(autouse=True)
def _no_throttle_remembers_another_test() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def engineer(db: None) -> User:
    return User.objects.create_user("engineer", password=PASSWORD)


@pytest.fixture
def outsider(db: None) -> User:
    return User.objects.create_user("outsider", password=PASSWORD)


@pytest.fixture
def api() -> APIClient:
    return APIClient()


def bearing(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def holding(key: str) -> APIClient:
    """Another backend."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}")
    return client


def code(answer: Any, status: int) -> str:
    assert answer.status_code == status, (answer.status_code, answer.content)
    return str(answer.json()["code"])


def access(user: User) -> str:
    return tokens.issue(user)["access"]


def signed_in(user: User) -> APIClient:
    """A browser with this person's session."""
    client = APIClient()
    client.force_login(user)
    return client


def session_of(client: APIClient) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def socket(
    query: str = "", *, cookie: str | None = None, subprotocols: list[str] | None = None, **headers: str
) -> Scope:
    """A WebSocket handshake to testserver; `headers` as keywords, `cookie` a session key."""
    pairs = {"host": "testserver", **headers}
    if cookie is not None:
        pairs["cookie"] = f"theme=dark; {settings.SESSION_COOKIE_NAME}={cookie}"
    return {
        "type": "websocket",
        "scheme": "ws",
        "path": "/ws/notifications/",
        "query_string": query.encode(),
        "subprotocols": subprotocols or [],
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs.items()],
    }


def stream(query: str = "", *, cookie: str | None = None, **headers: str) -> Scope:
    """The same as a request for the event stream."""
    scope = socket(query, cookie=cookie, subprotocols=None, **headers)
    del scope["subprotocols"]
    return {**scope, "type": "http", "scheme": "http", "method": "GET"}


@pytest.fixture(params=[socket, stream], ids=["socket", "stream"])
def door(request: pytest.FixtureRequest) -> Callable[..., Scope]:
    made: Callable[..., Scope] = request.param
    return made
