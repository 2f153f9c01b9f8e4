"""Over all routes: a key with every scope opens what is named here, and nothing else."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIRequestFactory

from config.sign_in.keys import issuing

METHODS = ("get", "post", "put", "patch", "delete", "options")
OPEN = {
    ("events", "get"),
    ("events", "post"),
    ("events/<pk>", "get"),
    ("events/<pk>/cancel", "post"),
    ("events/<pk>/recipients", "get"),
    ("events/<pk>/explain", "get"),
    ("notification-types", "get"),
    ("socket-ticket", "post"),
    ("admin/rooms", "get"),
    ("admin/rooms", "post"),
    ("admin/rooms/<room>", "get"),
    ("admin/rooms/<room>", "delete"),
    *(("admin/rooms/<room>/members", method) for method in ("get", "post", "delete")),
    ("notifications", "post"),  # 004's spelling of events
}
LINKS = {"unsubscribe/<token>", "preferences/<token>"}  # the address is the authority
FOR_EVERYBODY = {
    "token",
    "token/refresh",
    "healthz",
    "readyz",
    "callbacks/<channel>",
    *LINKS,
}  # no credentials are asked


def routes(patterns: Any, before: str = "") -> Iterator[tuple[str, Any, dict[str, str]]]:
    """(path, view, its arguments) of each route outside Django's own admin."""
    for one in patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLResolver):
            if one.app_name != "admin":
                yield from routes(one.url_patterns, path)
        elif isinstance(one, URLPattern):
            yield path, one.callback, dict.fromkeys(one.pattern.regex.groupindex, "1")


def spoken(path: str) -> str:
    """events/<pk>/cancel"""
    named = re.sub(r"\(\?P(<\w+>)(?:[^()]|\([^()]*\))*\)", r"\1", path)
    bare = re.sub(r"\^|\$|\\Z|/\?|\(\?:api/\)\?", "", named).rstrip("/")
    return re.sub(r"<\w+:(\w+)>", r"<\1>", bare).removeprefix("api/")


def is_of_drf(view: Any) -> bool:
    return hasattr(view, "cls") or "notifications.api" in view.__module__


@pytest.mark.django_db
def test_a_key_with_every_scope_opens_nothing_else() -> None:
    key = issuing.create_key(issuing.create_account("shop"), issuing.Scope.values)[1]
    factory = APIRequestFactory(HTTP_AUTHORIZATION=f"Api-Key {key}")
    opened, refused = set(), 0
    for path, view, arguments in routes(get_resolver().url_patterns):
        if not is_of_drf(view) or spoken(path) in FOR_EVERYBODY:
            continue
        for method in METHODS:
            request = getattr(factory, method)("/", {}, format="json") if method != "get" else factory.get("/")
            answer = view(request, **arguments)
            if answer.status_code == 403 and answer.data["code"] == "not_for_programs":
                refused += 1
            elif not (path.startswith("^api/") and answer.status_code == 404):  # the last: no such path
                opened.add((spoken(path), method))
    assert opened == OPEN
    assert refused > 400, "or the routes were not found"


def test_the_names_of_routes_are_understood() -> None:
    assert spoken("api/^events/(?P<pk>[^/.]+)/cancel/$") == "events/<pk>/cancel"
    assert spoken("^(?:api/)?notifications/(?P<pk>[0-9]+)/mark-read/?$") == "notifications/<pk>/mark-read"
    assert spoken("api/^admin/rooms/(?P<room>[A-Za-z0-9][a-z]{0,127})\\Z") == "admin/rooms/<room>"
