"""Words that staff change over the API: checked when they are written, versioned, tried out before they are used."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications.dispatch import notify
from notifications.models import AuditEntry, Event, NotificationLog, Template, TemplateVersion

from ..crowd import event_to, everything_written
from .people import client_of, get, post, refusal

TEMPLATES = "/api/admin/templates/"
SHIPPED = {
    "notification_type": "ORDER_SHIPPED",
    "title": "Order {{ order_id }} has left",
    "message": "With **{{ carrier }}**, [track it](/orders/{{ order_id }}).",
}


def made(admin: User, **fields: Any) -> dict[str, Any]:
    answer = post(admin, TEMPLATES, {**SHIPPED, **fields})
    assert answer.status_code == 201, answer.content
    shown: dict[str, Any] = answer.json()
    return shown


def at(shown: dict[str, Any], verb: str = "") -> str:
    return f"{TEMPLATES}{shown['id']}/{verb}"


def change(admin: User, shown: dict[str, Any], **fields: Any) -> Any:
    return client_of(admin).patch(at(shown), fields, format="json")


@pytest.fixture
def admin(people: dict[str, User]) -> User:
    return people["admin"]


def test_only_staff_come_near_them(people: dict[str, User], admin: User) -> None:
    one = made(admin)
    paths = [("get", TEMPLATES), ("post", TEMPLATES), ("get", at(one)), ("put", at(one)), ("patch", at(one))]
    paths += [("delete", at(one)), ("post", at(one, "preview/")), ("post", at(one, "test_send/"))]
    paths += [("get", "/notifications/templates"), ("post", "/api/notifications/templates/")]
    for method, path in paths:
        refusal(getattr(client_of(None), method)(path, {}, format="json"), 401)
        refusal(getattr(client_of(people["engineer"]), method)(path, {}, format="json"), 403)
    assert Template.objects.count() == 1


def test_a_template_says_what_it_reads_and_which_version_it_is(admin: User) -> None:
    shown = made(admin, channel="email", locale="de", priority="high")
    assert (
        shown.items()
        >= {
            "notification_type": "order_shipped",
            "channel": "email",
            "locale": "de",
            "title": SHIPPED["title"],
            "message": SHIPPED["message"],
            "priority": "high",
            "is_active": True,
            "variables": ["carrier", "order_id"],
            "version": 1,
        }.items()
    )
    assert get(admin, at(shown)).json() == shown
    plain = made(admin, title=None)
    assert (plain["channel"], plain["locale"], plain["title"], plain["priority"]) == (None, "en", "", None)


def test_from_then_on_it_is_said_and_what_was_sent_stays_as_it_was_sent(people: dict[str, User], admin: User) -> None:
    def tell() -> Event:
        said = {"kind": "order_shipped", "message": None, "context": {"order_id": 7, "carrier": "Northpost"}}
        return notify(event_to(people["engineer"], **said))

    one = made(admin)
    first = tell()
    assert first.title == "Order 7 has left"
    changed = change(admin, one, title="Gone: {{ order_id }}").json()
    assert (changed["version"], changed["message"]) == (2, SHIPPED["message"])
    second = tell()
    first.refresh_from_db()
    assert (first.title, second.title) == ("Order 7 has left", "Gone: 7")
    assert [event.words["en"][""]["version"] for event in (first, second)] == [1, 2]
    assert client_of(admin).delete(at(one)).status_code == 204
    assert tell().title == "Order 7 is on its way"
    kept = TemplateVersion.objects.filter(template_id=one["id"]).order_by("version")
    assert [(one.version, one.title, one.author_id) for one in kept] == [
        (1, SHIPPED["title"], admin.pk),
        (2, "Gone: {{ order_id }}", admin.pk),
    ]


def test_an_inactive_one_is_not_said(people: dict[str, User], admin: User) -> None:
    made(admin, is_active=False)
    said = {"kind": "order_shipped", "message": None, "context": {"order_id": 7}}
    assert notify(event_to(people["engineer"], **said)).title == "Order 7 is on its way"


def test_what_its_words_need_is_asked_of_every_sender(people: dict[str, User], admin: User) -> None:
    made(admin, channel="sms")
    body = {"notification_type": "order_shipped", "to": {"users": [people["engineer"].pk]}, "context": {"order_id": 7}}
    before = everything_written()
    told = refusal(post(admin, "/api/events/", body))
    assert told["code"] == "missing_variable"
    assert "on sms" in told["context.carrier"][0]
    assert everything_written() == before


def test_the_catalogue_says_what_the_words_need_as_they_are_now(admin: User) -> None:
    def needed() -> list[str]:
        kinds = get(admin, "/api/notification-types/", limit=100).json()["results"]
        return next(one["variables"] for one in kinds if one["kind"] == "order_created")

    assert needed() == ["order_id"]
    one = made(admin, notification_type="order_created", message="{{ greeting }} {{ total }}")
    assert needed() == ["greeting", "order_id", "total"]
    change(admin, one, is_active=False)
    assert needed() == ["order_id"]


def test_each_change_is_a_version_and_in_the_audit_and_none_is_neither(admin: User) -> None:
    one = made(admin)
    assert change(admin, one, title=SHIPPED["title"]).json()["version"] == 1
    assert change(admin, one, is_active=False).json()["version"] == 2
    put = client_of(admin).put(at(one), {"notification_type": "order_shipped", "message": "Gone."}, format="json")
    assert (put.json()["title"], put.json()["is_active"], put.json()["version"]) == ("", True, 3)
    client_of(admin).delete(at(one))
    entries = AuditEntry.objects.filter(action="template.changed").order_by("pk")
    assert [(entry.metadata["act"], entry.metadata["version"]) for entry in entries] == [
        ("created", 1),
        ("changed", 2),
        ("changed", 3),
        ("deleted", 3),
    ]
    assert {(entry.entity_id, entry.actor_name, entry.metadata["kind"]) for entry in entries} == {
        (str(one["id"]), "admin", "order_shipped")
    }


WRONG = [
    ("notification_type", {"notification_type": "no_such_kind"}, "no kind"),
    ("notification_type", {"notification_type": None}, ""),
    ("channel", {"channel": "pigeon"}, ""),
    ("channel", {"channel": "inbox"}, "null is for all"),
    ("locale", {"locale": "Deutsch"}, "de or pt-BR"),
    ("locale", {"locale": "x" * 17}, ""),
    ("priority", {"priority": "extreme"}, ""),
    ("is_active", {"is_active": "perhaps"}, ""),
    ("message", {"message": ""}, ""),
    ("message", {"message": " \n "}, ""),
    ("message", {"message": "x" * 10_001}, "10,000"),
    ("title", {"title": "x" * 1_001}, ""),
    ("title", {"title": "{{ order_id"}, "Line 1, column 1:"),
    ("message", {"message": "Hello,\n{% if late %}late"}, "Line 2, column"),
    ("message", {"message": "{{ order_id | shout }}"}, "Line 1, column 15: there is no filter 'shout'"),
    ("message", {"message": "{% for i in (1..1000000) %}x{% endfor %}"}, "ranges"),
    ("message", {"message": "{% include 'settings' %}"}, "include"),
    ("message", {"message": "{{" * 4000}, "not closed"),
]


@pytest.mark.parametrize(("field", "wrong", "why"), WRONG, ids=range(len(WRONG)))
def test_a_mistake_is_refused_by_field_line_and_column(
    admin: User, field: str, wrong: dict[str, Any], why: str
) -> None:
    one = made(admin, channel="push")
    for answer in (post(admin, TEMPLATES, {**SHIPPED, **wrong}), change(admin, one, **wrong)):
        assert why in refusal(answer)[field][0]
    assert Template.objects.count() == TemplateVersion.objects.count() == 1


def test_one_place_has_one_template(admin: User) -> None:
    made(admin)
    other = made(admin, channel="sms")
    assert refusal(post(admin, TEMPLATES, SHIPPED))["code"] == "exists"
    assert refusal(change(admin, other, channel=None))["code"] == "exists"
    assert get(admin, at(other)).json() == other


def test_they_are_listed_by_kind_channel_and_language(admin: User) -> None:
    made(admin, channel="sms", locale="de")
    made(admin)
    made(admin, notification_type="order_created", is_active=False)

    def listed(path: str = TEMPLATES, **query: str) -> list[tuple[str, str | None]]:
        return [(one["notification_type"], one["channel"]) for one in get(admin, path, **query).json()["results"]]

    assert listed() == [("order_created", None), ("order_shipped", None), ("order_shipped", "sms")]
    assert listed("/notifications/templates", notification_type="ORDER.SHIPPED", locale="en") == [
        ("order_shipped", None)
    ]
    assert listed(is_active="false") == [("order_created", None)]
    assert "channel" in refusal(get(admin, TEMPLATES, channel="pigeon"))


@pytest.mark.parametrize("spelling", ["/notifications/templates", "/api/notifications/templates/"])
def test_they_are_made_under_the_other_spelling_too(admin: User, spelling: str) -> None:
    assert post(admin, spelling, SHIPPED).json()["version"] == 1


# --- trying one out -----------------------------------------------------------
def test_a_preview_is_filled_in_with_the_context_or_the_catalogues_example(admin: User, settings: Any) -> None:
    settings.BASE_URL = "https://desk.example"
    one = made(admin)
    shown = post(admin, at(one, "preview/"), {"context": {"order_id": 7, "carrier": "<b>Owl</b>"}}).json()
    assert (shown["title"], shown["message"]) == ("Order 7 has left", "With **<b>Owl</b>**, [track it](/orders/7).")
    assert "<strong>&lt;b&gt;Owl&lt;/b&gt;</strong>" in shown["html"]
    assert 'href="https://desk.example/orders/7"' in shown["html"]
    assert "Northpost" in post(admin, at(one, "preview/")).json()["message"]


def test_a_preview_names_the_variable_that_is_missing(admin: User) -> None:
    one = made(admin, is_active=False)
    told = refusal(post(admin, at(one, "preview/"), {"context": {"order_id": 7}}))
    assert (told["code"], next(iter(told))) == ("missing_variable", "context.carrier")
    assert "context" in refusal(post(admin, at(one, "preview/"), {"context": [1]}))
    assert "context" in refusal(post(admin, at(one, "preview/"), {"context": {"order_id": 7, "carrier": "x" * 50_000}}))


def test_a_template_without_a_title_is_shown_under_the_catalogues(admin: User) -> None:
    one = made(admin, title="", channel="sms", locale="de")
    assert post(admin, at(one, "preview/")).json()["title"] == "Bestellung 7 ist unterwegs"


def test_a_test_is_sent_to_oneself_alone(admin: User, django_capture_on_commit_callbacks: Any) -> None:
    one = made(admin, channel="email", is_active=False)
    with django_capture_on_commit_callbacks(execute=True):
        answer = post(admin, at(one, "test_send/"), {"context": {"order_id": 8, "carrier": "Owl"}})
    assert answer.status_code == 202
    event = Event.objects.get(pk=answer.json()["event_id"])
    assert (event.title, event.channels) == ("Order 8 has left", ["inbox", "websocket", "email"])
    assert [row.recipient_id for row in NotificationLog.objects.filter(event=event)] == [admin.pk]
    assert refusal(post(admin, at(one, "test_send/"), {"context": {}}))["code"] == "missing_variable"


def test_what_is_not_there_is_404(admin: User) -> None:
    for method, path in [("get", ""), ("put", ""), ("patch", ""), ("delete", ""), ("post", "preview/")]:
        refusal(getattr(client_of(admin), method)(f"{TEMPLATES}4711/{path}", SHIPPED, format="json"), 404)


def test_the_browsers_forms_work_too(admin: User) -> None:
    browser = Client()
    browser.force_login(admin)
    form = {
        "notification_type": "order_shipped",
        "channel": "",
        "locale": "en",
        "message": "{{ order_id }}",
        "title": "",
    }
    answer = browser.post(TEMPLATES, {**form, "priority": "", "is_active": "true"})
    assert answer.status_code == 201, answer.content
    tried = browser.post(at(answer.json(), "preview/"), {"context": '{"order_id": 9}'})
    assert tried.json()["message"] == "9"
    for blank in ({}, {"context": ""}, {"context": "null"}):
        assert browser.post(at(answer.json(), "preview/"), blank).json()["message"] == "7"
