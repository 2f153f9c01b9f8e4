"""Bodies that are too large, too deep or not what they say; and how every refusal looks."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.models import User
from django.core.asgi import get_asgi_application
from django.core.cache import cache
from django.db import InterfaceError, OperationalError
from django.test import Client
from rest_framework.exceptions import ValidationError

from notifications import events
from notifications.api import errors
from notifications.models import Event
from notifications.tests.crowd import everything_written, rows_of, send

from .people import client_of, get, post, refusal

EVENTS, SEEN = "/api/events/", "/api/notifications/seen/"


def raw(user: User | None, body: Any, path: str = SEEN, kind: str = "application/json") -> Any:
    return client_of(user).generic("POST", path, body, content_type=kind)


def filled(size: int) -> bytes:
    """A body of that many bytes that is right otherwise."""
    head, tail = b'{"up_to_seq": 1, "x": "', b'"}'
    return head + b"x" * (size - len(head) - len(tail)) + tail


def test_64_kib_are_taken_and_one_byte_more_is_not(people: dict[str, User]) -> None:
    assert settings.MAX_BODY_BYTES == 64 * 1024
    assert raw(people["engineer"], filled(64 * 1024)).status_code == 200
    told = refusal(raw(people["engineer"], filled(64 * 1024 + 1)), 413)
    assert told == {"detail": "The body is larger than 64 KiB.", "code": "too_large"}


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/plain"])
@pytest.mark.parametrize("signed_in", [True, False])
def test_a_large_body_of_any_kind_is_refused(kind: str, signed_in: bool, people: dict[str, User]) -> None:
    browser = Client()
    if signed_in:
        browser.force_login(people["engineer"])
    answer = browser.generic("POST", SEEN, b"up_to_seq=1&x=" + b"x" * 70_000, content_type=kind)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "body",
    [
        '{"up_to_seq": 1',
        "{'up_to_seq': 1}",
        '{"up_to_seq": NaN}',
        '{"up_to_seq": 1} {}',
        "\x00",
        '"\\',
        b'{"up_to_seq": "\xff"}',
        '{"up_to_seq": 1}'.encode("utf-16"),
    ],
)
def test_what_is_not_json_is_refused(body: bytes | str, people: dict[str, User]) -> None:
    assert refusal(raw(people["engineer"], body))["code"] == "parse_error"


@pytest.mark.parametrize("body", ["[]", "1", "null", '"x"', "true", '[{"up_to_seq": 1}]'])
def test_what_is_no_object_is_refused(body: str, people: dict[str, User]) -> None:
    assert refusal(raw(people["engineer"], body))["code"] == "not_an_object"


def test_a_byte_order_mark_is_ignored(people: dict[str, User]) -> None:
    assert raw(people["engineer"], '\ufeff{"up_to_seq": 1}'.encode()).status_code == 200


def test_an_empty_body_is_an_empty_object(people: dict[str, User]) -> None:
    assert raw(people["engineer"], "", "/api/notifications/mark_all_as_read/").json() == {"count": 0}
    assert "up_to_seq" in refusal(raw(people["engineer"], ""))


def nested(depth: int) -> str:
    """An object with a field `data`, and that many objects and lists within each other in all."""
    inner = "[" * (depth - 1) + "]" * (depth - 1)
    return f'{{"first": {{"a": 1}}, "data" : {inner}, "up_to_seq": 1}}'


def test_twenty_levels_are_taken_and_the_twenty_first_is_not(people: dict[str, User]) -> None:
    assert raw(people["engineer"], nested(20)).status_code == 200
    assert refusal(raw(people["engineer"], nested(21))) == {"data": ["Nested deeper than 20."], "code": "invalid"}


@pytest.mark.parametrize("body", [nested(15_000), '{"data":' * 6000 + "1" + "}" * 6000, "[" * 60_000])
def test_a_tower_is_refused_before_it_falls(body: str, people: dict[str, User]) -> None:
    assert "Nested deeper" in json.dumps(refusal(raw(people["engineer"], body)))


def test_brackets_within_text_are_no_levels(people: dict[str, User]) -> None:
    body = json.dumps({"up_to_seq": 1, "data": '"' + "[{" * 100})
    assert raw(people["engineer"], body).status_code == 200


@pytest.mark.parametrize("body", ['"' + '\\"' * 32_000, '"a" ' * 16_000, '{"a"' + " " * 60_000, '"' * 65_000])
def test_no_body_takes_long_to_refuse(body: str, people: dict[str, User]) -> None:
    started = time.process_time()
    refusal(raw(people["engineer"], body))
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"up_to_seq": 1, "data": {"a": [1, "x\\u0000y"]}}', "data.a.1"),
        ('{"up_to_seq": 1, "data": {"a\\u0000": 1}}', "data"),
        ('{"up_to_seq": 1, "title": "\\ud800"}', "title"),
        ('{"up_to_seq": 1, "n": 1e999}', "n"),
        ('{"up_to_seq": 1, "n": 9223372036854775808}', "n"),
        ('{"\\u0000": 1}', "detail"),
    ],
)
def test_what_no_database_can_keep_is_refused_by_its_path(body: str, field: str, people: dict[str, User]) -> None:
    assert field in refusal(raw(people["engineer"], body))


def test_an_escaped_backslash_before_u0000_is_no_null_character(people: dict[str, User]) -> None:
    assert raw(people["engineer"], r'{"up_to_seq": 1, "path": "C:\\u0000"}').status_code == 200


def test_another_kind_of_body_is_a_415(people: dict[str, User]) -> None:
    assert refusal(raw(people["engineer"], "<x/>", kind="text/xml"), 415)["code"] == "unsupported_media_type"


# --- bodies that come in chunks, without a Content-Length -------------------------------------------------------------


def chunked(user: User, body: bytes, path: str) -> tuple[int, Any]:
    """As an ASGI server hands it over."""
    browser = Client()
    browser.force_login(user)
    session, secret = browser.cookies[settings.SESSION_COOKIE_NAME].value, "x" * 32
    cookie = f"{settings.SESSION_COOKIE_NAME}={session}; csrftoken={secret}"
    headers = {
        "host": "testserver",
        "content-type": "application/json",
        "transfer-encoding": "chunked",
        "cookie": cookie,
        "x-csrftoken": secret,
    }
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    sent: list[dict[str, Any]] = []
    async_to_sync(_asked)(scope, [body[i : i + 1000] for i in range(0, len(body), 1000)], sent)
    return sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent[1:]))


async def _asked(scope: dict[str, Any], chunks: list[bytes], sent: list[dict[str, Any]]) -> None:
    last = len(chunks) - 1
    messages: Iterator[dict[str, Any]] = iter(
        {"type": "http.request", "body": chunk, "more_body": place < last} for place, chunk in enumerate(chunks)
    )
    never = asyncio.Event()

    async def receive() -> dict[str, Any]:
        for message in messages:
            return message
        await never.wait()
        return {"type": "http.disconnect"}

    async def answered(message: Any) -> None:
        sent.append(message)

    await get_asgi_application()(scope, receive, answered)


@pytest.mark.django_db(transaction=True)
def test_a_chunked_body_is_read_and_not_taken_for_none(people: dict[str, User]) -> None:
    for _ in range(3):
        send(people["engineer"])
    path = "/api/notifications/mark_all_as_read/"
    assert chunked(people["engineer"], b'{"up_to_seq": 1}', path) == (200, {"count": 1})
    assert [row.is_read for row in rows_of(people["engineer"])] == [True, False, False]
    assert chunked(people["engineer"], filled(64 * 1024 + 1), path)[0] == 413


# --- how errors look --------------------------------------------------------------------------------------------------


def test_each_kind_of_error_has_its_status_and_code(people: dict[str, User]) -> None:
    engineer = people["engineer"]
    told = [
        (get(None, "/api/notifications/"), 401, "not_authenticated"),
        (get(engineer, EVENTS), 403, "permission_denied"),
        (get(engineer, "/api/notifications/5/"), 404, "not_found"),
        (get(engineer, "/api/nothing/here"), 404, "not_found"),
        (get(None, "/api/notifications/stream/x"), 404, "not_found"),
        (client_of(engineer).put("/api/notifications/"), 405, "method_not_allowed"),
        (client_of(engineer).get("/api/notifications/", headers={"Accept": "image/png"}), 406, "not_acceptable"),
        (post(engineer, SEEN), 400, "invalid"),
    ]
    for answer, status, code in told:
        assert refusal(answer, status)["code"] == code
    assert told[0][0]["WWW-Authenticate"].startswith("Bearer")


def test_a_form_of_a_thousand_fields_is_refused(people: dict[str, User]) -> None:
    fields = "&".join(f"f{n}=1" for n in range(1500))
    told = refusal(raw(people["engineer"], fields, kind="application/x-www-form-urlencoded"))
    assert told["code"] == "parse_error"


def test_who_asks_too_often_is_told_when_to_come_back(people: dict[str, User], settings: Any) -> None:
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "write": "1/min"},
    }
    cache.clear()
    assert post(people["engineer"], SEEN, {"up_to_seq": 1}).status_code == 200
    answer = post(people["engineer"], SEEN, {"up_to_seq": 1})
    assert refusal(answer, 429)["code"] == "throttled"
    assert int(answer["Retry-After"]) > 0


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
def test_a_database_that_does_not_answer_is_a_503(error: Exception) -> None:
    answer = errors.answer(error, {})
    assert answer is not None
    assert (answer.status_code, answer.data["code"], answer["Retry-After"]) == (503, "unavailable", "2")


def test_a_bug_is_not_explained_away() -> None:
    assert errors.answer(ZeroDivisionError(), {}) is None


def test_fields_within_fields_are_named_by_their_path() -> None:
    to = {"users": {0: ["Wrong."], 2: ["Bad."]}, "non_field_errors": ["Neither."]}
    nested_errors: Any = {"to": to, "a": [{}, {"b": ["C."]}]}
    answer = errors.answer(ValidationError(nested_errors), {})
    assert answer is not None
    assert answer.data == {
        "to.users.0": ["Wrong."],
        "to.users.2": ["Bad."],
        "to": ["Neither."],
        "a.1.b": ["C."],
        "code": "invalid",
    }
    general = errors.answer(ValidationError(["Not like this."]), {})
    assert general is not None
    assert general.data == {"detail": "Not like this.", "code": "invalid"}
    refused = errors.answer(events.Refused("to.users", "Unknown: 5.", "unknown"), {})
    assert refused is not None
    assert refused.data == {"to.users": ["Unknown: 5."], "code": "unknown"}


def test_nothing_of_all_this_writes_anything(people: dict[str, User]) -> None:
    before = everything_written()
    for body in ("{", "[]", nested(21), '{"message": "\\u0000"}', filled(70_000)):
        assert raw(people["admin"], body, EVENTS).status_code in (400, 413)
    assert everything_written() == before
    assert not Event.objects.exists()
