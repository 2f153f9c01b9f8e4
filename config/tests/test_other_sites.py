"""What pages of other sites may do: call where they are allowed to, and nothing on the strength of a cookie."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken

from .test_roles import arguments, asked_for, clients  # noqa: F401

SHOP, FOREIGN = "https://shop.example", "https://elsewhere.example"
WANTED = "authorization,content-type,idempotency-key,x-csrftoken"
PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": WANTED}
OPEN_TO_ALL = (  # they rest on no cookie
    *("/api/token/", "/api/token/refresh/"),
    *("/unsubscribe/", "/preferences/forged/"),  # the link itself is the authority, RFC 8058 §3.1
    "/callbacks/",  # signed
)


@pytest.fixture(autouse=True)
def _shop_is_allowed(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [SHOP]


@pytest.mark.parametrize(
    "path", ["/api/events/", "/api/notifications/1/mark_as_read/", "/api/token/", "/notifications"]
)
def test_an_allowed_site_may_ask_and_send_credentials_and_keys(client: Client, db: None, path: str) -> None:
    answer = client.options(path, headers={"origin": SHOP, **PREFLIGHT})
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == SHOP
    assert answer["Access-Control-Allow-Credentials"] == "true"
    allowed = {header.strip() for header in answer["Access-Control-Allow-Headers"].split(",")}
    assert set(WANTED.split(",")) <= allowed
    assert {"GET", "POST", "PUT", "PATCH", "DELETE"} <= {
        m.strip() for m in answer["Access-Control-Allow-Methods"].split(",")
    }


@pytest.mark.parametrize("origin", [FOREIGN, "http://shop.example", "https://shop.example.evil.example", "null"])
def test_all_others_are_told_nothing(client: Client, db: None, origin: str) -> None:
    for answer in (
        client.options("/api/events/", headers={"origin": origin, **PREFLIGHT}),
        client.get("/api/notifications/", HTTP_ORIGIN=origin),
    ):
        assert "Access-Control-Allow-Origin" not in answer
        assert "origin" in answer["Vary"].lower()


def test_an_allowed_site_reads_the_answer_and_what_it_needs_of_its_headers(client: Client, db: None) -> None:
    token = AccessToken.for_user(User.objects.create_user("person"))
    answer = client.get("/api/notifications/", HTTP_ORIGIN=SHOP, HTTP_AUTHORIZATION=f"Bearer {token}")
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, SHOP)
    assert {"Retry-After", "X-Request-ID"} <= set(answer["Access-Control-Expose-Headers"].replace(" ", "").split(","))


def test_a_cookie_alone_changes_nothing_anywhere(
    arguments: Callable[[str], dict[str, str]],  # noqa: F811
) -> None:
    """Signed in by cookie, without the token that only our own pages know: each unsafe route, as the superuser."""
    riding = Client(enforce_csrf_checks=True)
    riding.force_login(User.objects.get(username="superuser"))
    let_in, tried = [], 0
    for row, asked in asked_for(arguments):
        if asked.method == "GET" or asked.path.startswith(OPEN_TO_ALL):
            continue
        tried += 1
        status = getattr(riding, asked.method.lower())(asked.path, HTTP_ORIGIN=FOREIGN).status_code
        if status != 403:
            let_in.append(f"{row}: {status}")
    assert not let_in, let_in
    assert tried > 50, "or they were not found"


def test_with_the_token_of_our_own_page_it_works(db: None) -> None:
    own = Client(enforce_csrf_checks=True)
    own.force_login(User.objects.create_user("person"))
    own.get("/login/")
    token = own.cookies["csrftoken"].value
    path = "/api/notifications/mark_all_as_read/"
    assert own.post(path).status_code == 403
    assert own.post(path, headers={"X-CSRFToken": token}).status_code == 200


def test_the_cookies_are_kept_from_scripts_and_from_other_sites(client: Client, db: None, settings: Any) -> None:
    User.objects.create_user("person", password="a long password")
    client.post("/login/", {"username": "person", "password": "a long password"})
    assert client.cookies["sessionid"]["httponly"]
    assert client.cookies["sessionid"]["samesite"] == client.cookies["csrftoken"]["samesite"] == "Lax"
