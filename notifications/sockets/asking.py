"""REST's own answers, asked for by a frame: for a page of another site, whose ticket opens only a socket."""

from collections.abc import Mapping
from functools import partial
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.contrib.auth import get_user_model
from django.core.handlers.wsgi import WSGIRequest
from django.urls import Resolver404, resolve
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from ..live.threads import in_thread
from .frames import BadFrame, Frame

ROOT = "/api/notifications/"
METHODS = {"GET", "POST", "DELETE"}


class BySocket(BaseAuthentication):
    """Whoever is behind the socket. Each question has a class of its own: none stands in for another."""

    person: Any = None

    def authenticate(self, request: Request) -> tuple[Any, None]:
        return self.person, None


async def request(consumer: Any, frame: Frame) -> None:
    """`{method, path, body?}`, the path from /api/notifications/ on → `{status, body}`."""
    method, path, body = frame.data.get("method"), frame.data.get("path"), frame.data.get("body")
    if method not in METHODS:
        raise BadFrame("invalid", "method: GET, POST or DELETE.")
    if not isinstance(path, str) or len(path) > 2000:
        raise BadFrame("invalid", "path: must be a text, such as unread/?page_size=20.")
    if not isinstance(body, dict | None):
        raise BadFrame("invalid", "body: must be an object.")
    hosts = [value.decode("latin-1") for name, value in consumer.scope.get("headers", ()) if name.lower() == b"host"]
    ask = partial(_answer, consumer.guest.identity.user_id, method, path, body, hosts[0] if hosts else "localhost")
    status, found = await in_thread(ask)
    await consumer.reply("request", {"status": status, "body": found}, frame.ref)


def _answer(user_id: int, method: str, path: str, body: Mapping[str, Any] | None, host: str) -> tuple[int, Any]:
    parts = urlsplit(f"{ROOT}{path}")
    try:
        found = resolve(parts.path)
    except Resolver404:
        return 404, {"detail": "There is no such path.", "code": "not_found"}
    routed: Any = getattr(found.func, "views", {}).get(method.lower(), found.func)  # one path, several viewsets
    viewset = getattr(routed, "cls", None)
    if not getattr(viewset, "over_socket", False):
        return 404, {"detail": "This is not asked over a socket.", "code": "not_found"}
    assert viewset is not None
    as_person = type("AsPerson", (BySocket,), {"person": get_user_model()._default_manager.get(pk=user_id)})
    view = viewset.as_view(routed.actions, **{**routed.initkwargs, "authentication_classes": (as_person,)})
    response = view(_http(method, parts.path, parts.query, body, host), *found.args, **found.kwargs)
    content = response.render().content
    return response.status_code, orjson.loads(content) if content else None


def _http(method: str, path: str, query: str, body: Mapping[str, Any] | None, host: str) -> WSGIRequest:
    content = b"" if body is None else orjson.dumps(body)
    return WSGIRequest(
        {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(content)),
            "HTTP_ACCEPT": "application/json",
            "HTTP_HOST": host,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "wsgi.input": BytesIO(content),
            "wsgi.url_scheme": "http",
        }
    )
