"""Every address: who may come, each spelling of it, and a form in the browser for every act."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import resolve
from django.utils import timezone

from notifications.api.urls import ALIASES
from notifications.models import Event, Template
from notifications.tests.crowd import everything_written, rows_of

from .people import client_of, refusal

Notify = Callable[..., Event]
INBOX = "/api/notifications/"
# method, path, body; {id} is a notification of the engineer's
OWN: list[tuple[str, str, Any]] = [
    *(("get", INBOX + rest, None) for rest in ("", "unread/", "unread_count/", "{id}/")),
    *(("post", f"{INBOX}{{id}}/{act}/", {}) for act in ("mark_as_read", "mark_as_unread", "archive", "unarchive")),
    ("post", f"{INBOX}bulk/", {"action": "archive", "ids": ["{id}"]}),
    ("post", f"{INBOX}seen/", {"up_to_seq": 1}),
    ("post", f"{INBOX}mark_all_as_read/", {}),
    ("post", f"{INBOX}ack/", {"up_to_seq": 1}),
    ("get", f"{INBOX}devices/", None),
    ("get", "/api/notification-types/", None),
    ("delete", f"{INBOX}{{id}}/", None),
]


def ask(user: User | None, method: str, path: str, body: Any = None, row: int = 0) -> Any:
    filled = {name: [row] if name == "ids" else value for name, value in (body or {}).items()}
    return getattr(client_of(user), method)(path.format(id=row), filled, format="json")


@pytest.fixture
def row(people: dict[str, User], notify_to: Notify) -> int:
    notify_to(people["engineer"])
    return rows_of(people["engineer"])[0].pk


def test_nobody_comes_in_without_signing_in(row: int) -> None:
    before = everything_written()
    for method, path, body in OWN:
        refusal(ask(None, method, path, body, row), 401)
    for methods, path in ((methods, sample(path)) for path, methods in ALIASES.items()):
        for method in methods:
            refusal(ask(None, method, path, {}, row), 401)
    assert everything_written() == before


def test_both_spellings_of_each_address_answer(people: dict[str, User], row: int) -> None:
    for method, path, body in OWN[:-1]:
        slashed, bare = (ask(people["engineer"], method, spelling, body, row) for spelling in (path, path.rstrip("/")))
        assert slashed.status_code == bare.status_code == 200, path


def sample(spelling: str) -> str:
    return "/" + spelling.replace("(?P<pk>[0-9]+)", "{id}")


SAMPLES: dict[str, Any] = {
    "notifications": {"notification_type": "general", "message": "Hi", "to": {}},
    "notifications/broadcast": {"title": "T", "message": "Hi"},
    "notifications/templates": {"notification_type": "general", "message": "Hi"},
}
EXPECTED = {
    ("notifications", "post"): 202,
    ("notifications/broadcast", "post"): 202,
    ("notifications/templates", "post"): 201,
    ("notifications/(?P<pk>[0-9]+)", "delete"): 204,
}


@pytest.mark.parametrize(
    ("spelling", "method"), [(spelling, method) for spelling, methods in ALIASES.items() for method in methods]
)
def test_the_other_systems_spellings_answer_with_and_without_api_and_slash(
    spelling: str, method: str, people: dict[str, User], notify_to: Notify
) -> None:
    admin = people["admin"]
    for prefix in ("", "/api"):
        for end in ("", "/"):
            notify_to(admin)
            Template.objects.all().delete()  # there is one for each place
            row = rows_of(admin)[-1].pk
            answer = ask(admin, method, prefix + sample(spelling) + end, SAMPLES.get(spelling, {}), row)
            assert answer.status_code == EXPECTED.get((spelling, method), 200), (prefix, end, answer.content)


def test_a_spelling_does_what_its_original_does(people: dict[str, User], notify_to: Notify) -> None:
    engineer = people["engineer"]
    for method, path in (("patch", "/api/notifications/{id}/mark-read"), ("put", "/notifications/{id}/read")):
        notify_to(engineer)
        row = rows_of(engineer)[-1]
        shown = ask(engineer, method, path, {}, row.pk).json()
        assert (shown["id"], shown["is_read"], shown["status"]) == (row.pk, True, "read")
        refusal(ask(people["outsider"], method, path, {}, row.pk), 404)
    for method, path in (("post", "/notifications/mark-all-read"), ("put", "/notifications/read-all")):
        notify_to(engineer)
        assert ask(engineer, method, path).json() == {"count": 1}
    assert ask(engineer, "get", "/notifications/unread-count").json()["unread_count"] == 0
    assert ask(engineer, "get", "/notifications").json()["count"] == 4
    assert "up_to_seq" in refusal(ask(engineer, "put", "/notifications/read-all", {"up_to_seq": "x"}))


def test_a_spelling_lets_nobody_in_whom_its_original_keeps_out(people: dict[str, User]) -> None:
    for method, path in (
        ("post", "/notifications"),
        ("post", INBOX),
        ("post", "/notifications/broadcast"),
        ("get", "/notifications/connection-status"),
    ):
        refusal(ask(people["engineer"], method, path, SAMPLES["notifications"]), 403)
    for method, path in (("delete", "/notifications"), ("post", "/notifications/unread-count"), ("put", INBOX)):
        refusal(ask(people["engineer"], method, path), 405)


def test_a_session_that_posts_needs_the_csrf_token_under_every_spelling(people: dict[str, User]) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(people["admin"])
    for path in (f"{INBOX}mark_all_as_read/", "/notifications/mark-all-read", "/notifications", "/api/events/"):
        answer = browser.post(path, {}, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_the_streams_address_is_not_taken_for_a_notification(people: dict[str, User]) -> None:
    for path in ("/api/notifications/stream/", "/api/notifications/stream"):
        assert "NotificationViewSet" not in resolve(path).func.__qualname__
        refusal(ask(people["engineer"], "get", path), 404)


def page(user: User, path: str) -> str:
    browser = Client()
    browser.force_login(user)
    return browser.get(path, headers={"Accept": "text/html"}).content.decode()


@pytest.mark.parametrize(
    ("path", "inputs"),
    [
        *((f"{INBOX}{{id}}/{act}/", []) for act in ("mark_as_read", "mark_as_unread", "archive", "unarchive")),
        (f"{INBOX}bulk/", ["action"]),
        (f"{INBOX}seen/", ["up_to_seq"]),
        (f"{INBOX}mark_all_as_read/", ["up_to_seq", "notification_type"]),
        (f"{INBOX}ack/", ["up_to_seq"]),
        ("/api/events/", ["notification_type", "message", "to.everyone", "scheduled_for"]),
        ("/api/admin/notifications/send/", ["user_id", "message", "priority"]),
        ("/api/admin/notifications/broadcast/", ["title", "message"]),
        (f"{INBOX}devices/", ["kind", "endpoint", "keys.p256dh", "token"]),
        (f"{INBOX}preferences/verify_phone/", ["phone"]),
        (f"{INBOX}preferences/confirm_phone/", ["phone", "code"]),
        ("/api/admin/channels/sms/pause/", []),
        ("/api/admin/channels/sms/resume/", []),
        ("/api/admin/webhooks/", ["url", "types"]),
        ("/api/admin/templates/", ["notification_type", "channel", "title", "message", "is_active"]),
        ("/api/admin/templates/{template}/preview/", ["context"]),
        ("/api/admin/templates/{template}/test_send/", ["context"]),
    ],
)
def test_every_act_has_a_form_in_the_browser(
    path: str, inputs: list[str], people: dict[str, User], notify_to: Notify
) -> None:
    notify_to(people["admin"])
    template = Template.objects.create(kind="general", message="Hi", updated_at=timezone.now())
    html = page(people["admin"], path.format(id=rows_of(people["admin"])[0].pk, template=template.pk))
    assert 'id="post-object-form"' in html or 'id="post-generic-content-form"' in html
    for name in inputs:
        assert f'name="{name}"' in html, name


def test_the_lists_show_in_the_browser_with_their_filters(people: dict[str, User], notify_to: Notify) -> None:
    notify_to(people["admin"], title="A title to look for")
    for path in (INBOX, f"{INBOX}unread/", "/notifications", "/api/admin/notifications/", "/api/events/"):
        html = page(people["admin"], path)
        assert "A title to look for" in html
        assert 'name="priority"' in html
    for path in ("/api/admin/audit/", "/api/admin/connections/", "/api/notification-types/", f"{INBOX}unread_count/"):
        assert "HTTP 200 OK" in page(people["admin"], path)
    for path in (
        f"{INBOX}devices/",
        *(f"/api/admin/{name}/" for name in ("channels", "suppressions", "webhooks", "templates")),
    ):
        assert "HTTP 200 OK" in page(people["admin"], path)
