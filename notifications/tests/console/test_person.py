"""A person's page: did she get it? In one look, and nothing in it that would let somebody write to her."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from notifications.models import (
    AuditEntry,
    Connection,
    Device,
    Event,
    NotificationLog,
    Phone,
    Preference,
    Server,
    Suppression,
)
from notifications.tests.crowd import rows_of

Notify = Callable[..., Event]
FIND = "/admin/notifications/inbox/find/"


def page_of(browser: Client, person: User, query: str = "") -> str:
    answer = browser.get(f"/admin/notifications/inbox/{person.pk}/change/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_says_what_came_of_each_channel_and_why(
    chief: Client, people: dict[str, User], notify_to: Notify, email: None
) -> None:
    notify_to(people["engineer"], title="Lift", channels=["inbox", "websocket", "email", "sms"])
    page = page_of(chief, people["engineer"])
    assert "Lift" in page
    assert "<b>E-mail</b> skipped <span>no_address</span>" in page
    assert "<b>SMS</b> skipped <span>not_configured</span>" in page
    assert "<b>Open page</b> not acknowledged" in page
    NotificationLog.objects.update(delivered_at=timezone.now(), rtt_ms=42)
    assert "<b>Open page</b> delivered <span>round trip 42 ms</span>" in page_of(chief, people["engineer"])


def test_somebody_who_was_never_told_anything_has_a_page(chief: Client, people: dict[str, User]) -> None:
    assert "Nothing was ever told to outsider." in page_of(chief, people["outsider"])


def test_where_she_is_reached_is_masked(chief: Client, people: dict[str, User]) -> None:
    anna, now = people["engineer"], timezone.now()
    User.objects.filter(pk=anna.pk).update(email="anna.secret@example.org")
    Phone.objects.create(user=anna, number="+491701234567", verified_at=now)
    Device.objects.create(user=anna, kind="fcm", address="a-long-secret-token", created_at=now)
    Suppression.objects.create(channel="email", address="anna.secret@example.org", why="550 gone", since=now)
    page = page_of(chief, anna)
    for shown in ("an…@example.org", "550 gone", "+49…567", "…oken"):
        assert shown in page
    for hidden in ("anna.secret", "1701234567", "long-secret"):
        assert hidden not in page


def test_a_suppressed_address_can_be_released(chief: Client, people: dict[str, User]) -> None:
    User.objects.filter(username="engineer").update(email="anna@example.org")
    bounced = Suppression.objects.create(channel="email", address="anna@example.org", since=timezone.now())
    path = f"/admin/notifications/inbox/{people['engineer'].pk}/release/{bounced.pk}/"
    assert path in page_of(chief, people["engineer"])
    assert chief.post(path).status_code == 302
    assert not Suppression.objects.exists()


def test_her_wishes_and_connections_are_there_in_short(chief: Client, people: dict[str, User]) -> None:
    anna, now = people["engineer"], timezone.now()
    Preference.objects.create(
        user=anna,
        timezone="Europe/Berlin",
        quiet_start="22:00",
        quiet_end="08:00",
        muted_tags=["beta"],
        kinds={"order_shipped": {"email": False}},
        updated_at=now,
    )
    server = Server.objects.create(name="host:1", lease_until=now + timedelta(minutes=1))
    Connection.objects.create(
        server=server, user=anna, transport="sse", ip="10.1.2.3", connected_at=now, last_seen_at=now
    )
    page = page_of(chief, anna)
    for shown in ("22:00–08:00, Europe/Berlin", "beta", "order_shipped", "10.1.2.3"):
        assert shown in page
    Server.objects.update(lease_until=now - timedelta(seconds=1))
    assert "10.1.2.3" not in page_of(chief, anna)


def test_each_part_needs_its_own_permission(clerk: Callable[..., Client], people: dict[str, User]) -> None:
    page = page_of(clerk("view_inbox", "view_notificationlog"), people["engineer"])
    for heading in ("Reached at", "Wants", "Here now", "Send a message"):
        assert heading not in page


def test_it_is_walked_newest_first_and_back(chief: Client, people: dict[str, User], notify_to: Notify) -> None:
    for number in range(1, 61):
        notify_to(people["engineer"], title=f"Number {number}.")
    newest = page_of(chief, people["engineer"])
    assert "Number 60." in newest
    assert "Number 36." in newest
    assert "Number 35." not in newest
    middle = page_of(chief, people["engineer"], "?before=36")
    assert ("Number 35." in middle, "Number 11." in middle, "Number 36." in middle) == (True, True, False)
    assert "?after=35" in middle
    back = page_of(chief, people["engineer"], "?after=35")
    assert ("Number 60." in back, "Number 36." in back) == (True, True)
    assert "after=" not in back  # nothing is newer
    assert "before=" not in page_of(chief, people["engineer"], "?before=11")


def test_the_filters_pick_and_say_what_is_wrong(chief: Client, people: dict[str, User], notify_to: Notify) -> None:
    notify_to(people["engineer"], title="First", priority="high", channels=["inbox", "websocket"])
    notify_to(people["engineer"], title="Second", kind="admin_message", channels=["inbox"])
    rows_of(people["engineer"])[0].mark_as_read()
    for query, shown, hidden in (
        ("?status=read", "First", "Second"),
        ("?priority=high", "First", "Second"),
        ("?kind=admin-message", "Second", "First"),
        ("?channel=websocket", "First", "Second"),
    ):
        page = page_of(chief, people["engineer"], query)
        assert shown in page, query
        assert hidden not in page, query
    assert "Nothing of that kind" in page_of(chief, people["engineer"], "?status=expired")
    assert "There is no kind" in page_of(chief, people["engineer"], "?kind=no_such_kind")


def test_a_person_is_found_by_name_number_and_address(chief: Client, people: dict[str, User]) -> None:
    User.objects.filter(username="requester").update(email="Rita@example.org")
    for word, found in (
        ("outsider", "outsider"),
        (str(people["admin"].pk), "admin"),
        ("Rita@example.org", "requester"),
    ):
        answer = chief.get(FIND, {"q": word})
        assert answer.status_code == 302, word
        assert answer["Location"] == f"/admin/notifications/inbox/{people[found].pk}/change/"
    several = chief.get(FIND, {"q": "engin"}).content.decode()
    assert ">engineer<" in several
    assert ">engineer2<" in several
    for strange in ("nobody", "9" * 40, "²", "x\0y", "a@b"):
        assert "Nobody has the username" in chief.get(FIND, {"q": strange}).content.decode(), strange


def test_looking_leaves_no_trace_but_a_release_does(chief: Client, people: dict[str, User]) -> None:
    page_of(chief, people["engineer"])
    assert not AuditEntry.objects.exists()
