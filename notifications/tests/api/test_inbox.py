"""One's own inbox: what each act does, to whom, and that it can be repeated."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications.events import Audience
from notifications.live.hub import read_epoch
from notifications.models import Event, Inbox, NotificationLog
from notifications.tests.crowd import assert_true_inboxes, everything_written, rows_of

from .people import client_of, get, ids, post, refusal

Notify = Callable[..., Event]
ACTS = ("mark_as_read", "mark_as_unread", "archive", "unarchive")


def only(person: User) -> NotificationLog:
    (row,) = rows_of(person)
    return row


def test_a_notification_looks_as_the_contract_says(people: dict[str, User], notify_to: Notify) -> None:
    event = notify_to(people["engineer"], title="Lift", actor_id=people["admin"].pk, tags=["b", "a"])
    (shown,) = get(people["engineer"], "/api/notifications/").json()["results"]
    row = only(people["engineer"])
    assert shown == {
        "id": row.pk,
        "seq": 1,
        "notification_type": "general",
        "category": "info",
        "priority": "normal",
        "status": "pending",
        "title": "Lift",
        "message": "The lift is back.",
        "data": {},
        "source": "",
        "tags": ["b", "a"],
        "sender": {"id": people["admin"].pk, "name": "admin"},
        "subject": None,
        "namespace": "/",
        "room": None,
        "thread": None,
        "replaces": None,
        "actions": [],
        "action_taken": None,
        "image": None,
        "link": None,
        "requires_acknowledgment": False,
        "silent": False,
        "reason": "addressed",
        "is_read": False,
        "read_at": None,
        "seen_at": None,
        "archived_at": None,
        "snoozed_until": None,
        "sent_at": None,
        "delivered_at": None,
        "expires_at": None,
        "event_id": str(event.pk),
        "created_at": row.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert get(people["engineer"], f"/api/notifications/{row.pk}/").json() == shown


def test_a_list_is_the_persons_own_and_newest_first(people: dict[str, User], notify_to: Notify) -> None:
    for _ in range(3):
        notify_to(people["engineer"], people["engineer2"])
    rows = rows_of(people["engineer"])
    assert ids(get(people["engineer"], "/api/notifications/")) == [row.pk for row in reversed(rows)]
    assert ids(get(people["outsider"], "/api/notifications/")) == []


def test_each_act_answers_with_the_notification_and_can_be_repeated(people: dict[str, User], notify_to: Notify) -> None:
    notify_to(people["engineer"])
    path = f"/api/notifications/{only(people['engineer']).pk}"
    for act, field, is_set in (
        ("mark_as_read", "read_at", True),
        ("mark_as_unread", "read_at", False),
        ("archive", "archived_at", True),
        ("unarchive", "archived_at", False),
    ):
        first, again = (post(people["engineer"], f"{path}/{act}/").json() for _ in range(2))
        assert first == again
        assert (first[field] is not None) == is_set
    assert first["is_read"] is False
    assert_true_inboxes([people["engineer"].pk])


def test_read_is_the_status_of_what_was_read(people: dict[str, User], notify_to: Notify) -> None:
    notify_to(people["engineer"])
    read = post(people["engineer"], f"/api/notifications/{only(people['engineer']).pk}/mark_as_read/").json()
    assert (read["status"], read["is_read"]) == ("read", True)


@pytest.mark.parametrize("act", ["", *ACTS])
@pytest.mark.parametrize("who", ["outsider", "admin", "engineer2"])
def test_somebody_elses_notification_is_not_there(
    act: str, who: str, people: dict[str, User], notify_to: Notify
) -> None:
    notify_to(people["engineer"])
    row, before = only(people["engineer"]), everything_written()
    path = f"/api/notifications/{row.pk}/{act}/" if act else f"/api/notifications/{row.pk}/"
    answer = post(people[who], path) if act else get(people[who], path)
    assert refusal(answer, 404)["code"] == "not_found"
    assert refusal(client_of(people[who]).delete(f"/api/notifications/{row.pk}/"), 404)
    row.refresh_from_db()
    assert (row.is_read, row.archived_at, row.deleted_at) == (False, None, None)
    assert everything_written() == {**before, "Inbox": Inbox.objects.count()}


@pytest.mark.parametrize("strange", ["0", "999999999", "9" * 18, "9" * 30, "9" * 5000, "abc", "-1", "1.5", "stream"])
def test_an_id_that_nobody_has_is_a_404(strange: str, people: dict[str, User]) -> None:
    refusal(get(people["engineer"], f"/api/notifications/{strange}/"), 404)
    refusal(post(people["engineer"], f"/api/notifications/{strange}/mark_as_read/"), 404)


def test_what_is_deleted_is_gone_for_its_owner_too(people: dict[str, User], notify_to: Notify) -> None:
    notify_to(people["engineer"])
    row = only(people["engineer"])
    path = f"/api/notifications/{row.pk}/"
    assert client_of(people["engineer"]).delete(path).status_code == 204
    refusal(client_of(people["engineer"]).delete(path), 404)
    refusal(get(people["engineer"], path), 404)
    refusal(post(people["engineer"], f"{path}mark_as_unread/"), 404)
    assert ids(get(people["engineer"], "/api/notifications/")) == []
    assert NotificationLog.objects.filter(pk=row.pk).exists()  # the audit points at it


@pytest.mark.parametrize(
    ("act", "held"), [("mark_as_read", "is_read"), ("archive", "archived_at"), ("delete", "deleted_at")]
)
def test_bulk_does_it_to_all(act: str, held: str, people: dict[str, User], notify_to: Notify) -> None:
    for _ in range(3):
        notify_to(people["engineer"])
    wanted = [row.pk for row in rows_of(people["engineer"])[:2]]
    answer = post(people["engineer"], "/api/notifications/bulk/", {"action": act, "ids": [*wanted, wanted[0]]})
    assert answer.json() == {"count": 2}
    assert [bool(getattr(row, held)) for row in rows_of(people["engineer"])] == [True, True, False]
    assert_true_inboxes([people["engineer"].pk])


@pytest.mark.parametrize("act", [*ACTS, "delete"])
def test_bulk_with_one_foreign_id_writes_nothing(act: str, people: dict[str, User], notify_to: Notify) -> None:
    notify_to(people["engineer"], people["engineer2"])
    mine, foreign = only(people["engineer"]), only(people["engineer2"])
    before = (NotificationLog.objects.values().get(pk=mine.pk), everything_written())
    refusal(post(people["engineer"], "/api/notifications/bulk/", {"action": act, "ids": [mine.pk, foreign.pk]}), 404)
    assert (NotificationLog.objects.values().get(pk=mine.pk), everything_written()) == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "action"),
        ({"action": "explode", "ids": [1]}, "action"),
        ({"action": "archive"}, "ids"),
        ({"action": "archive", "ids": []}, "ids"),
        ({"action": "archive", "ids": "1"}, "ids"),
        ({"action": "archive", "ids": list(range(1, 1002))}, "ids"),
        ({"action": "archive", "ids": ["x"]}, "ids.0"),
        ({"action": "archive", "ids": [1, True]}, "ids.1"),
        ({"action": "archive", "ids": [2**63]}, "ids.0"),
    ],
)
def test_bulk_refuses_nonsense_by_field(body: Any, field: str, people: dict[str, User]) -> None:
    assert field in refusal(post(people["engineer"], "/api/notifications/bulk/", body))


def test_a_thousand_ids_are_not_too_many(people: dict[str, User], notify_to: Notify) -> None:
    body = {"action": "archive", "ids": list(range(1, 1001))}
    refusal(post(people["engineer"], "/api/notifications/bulk/", body), 404)


def test_seen_marks_up_to_a_seq_and_reads_nothing(people: dict[str, User], notify_to: Notify) -> None:
    for _ in range(3):
        notify_to(people["engineer"])
    assert post(people["engineer"], "/api/notifications/seen/", {"up_to_seq": 2}).json() == {"count": 2}
    assert post(people["engineer"], "/api/notifications/seen/", {"up_to_seq": 99}).json() == {"count": 1}
    assert not any(row.is_read for row in rows_of(people["engineer"]))


def test_mark_all_takes_everything_or_up_to_a_seq_or_a_kind(people: dict[str, User], notify_to: Notify) -> None:
    path = "/api/notifications/mark_all_as_read/"
    for kind in ("general", "admin_message", "general", "general"):
        notify_to(people["engineer"], kind=kind)
    assert post(people["engineer"], path, {"up_to_seq": 1}).json() == {"count": 1}
    assert post(people["engineer"], path, {"notification_type": "ADMIN-MESSAGE"}).json() == {"count": 1}
    assert post(people["engineer"], path, {"up_to_seq": None, "notification_type": None}).json() == {"count": 2}
    assert post(people["engineer"], path).json() == {"count": 0}
    assert_true_inboxes([people["engineer"].pk])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"up_to_seq": -1}, "up_to_seq"),
        ({"up_to_seq": "all"}, "up_to_seq"),
        ({"up_to_seq": 2**63}, "up_to_seq"),
        ({"notification_type": "no_such_kind"}, "notification_type"),
        ({"notification_type": 5}, "notification_type"),
    ],
)
def test_mark_all_refuses_nonsense_and_reads_nothing(
    body: Any, field: str, people: dict[str, User], notify_to: Notify
) -> None:
    notify_to(people["engineer"])
    assert field in refusal(post(people["engineer"], "/api/notifications/mark_all_as_read/", body))
    assert not only(people["engineer"]).is_read


def test_ack_delivers_up_to_a_seq_or_exactly_these(people: dict[str, User], notify_to: Notify) -> None:
    for _ in range(4):
        notify_to(people["engineer"])
    rows = rows_of(people["engineer"])
    path = "/api/notifications/ack/"
    assert post(people["engineer"], path, {"ids": [rows[3].pk]}).json() == {"acknowledged": 1}
    assert post(people["engineer"], path, {"up_to_seq": 2}).json() == {"acknowledged": 2}
    assert post(people["engineer"], path, {"up_to_seq": 2}).json() == {"acknowledged": 0}
    statuses = [one["status"] for one in get(people["engineer"], "/api/notifications/").json()["results"]]
    assert statuses == ["delivered", "pending", "delivered", "delivered"]


@pytest.mark.parametrize("body", [{}, {"up_to_seq": 1, "ids": [1]}, {"up_to_seq": "x"}, {"ids": []}])
def test_ack_takes_either_a_seq_or_ids(body: Any, people: dict[str, User], notify_to: Notify) -> None:
    notify_to(people["engineer"])
    refusal(post(people["engineer"], "/api/notifications/ack/", body))
    assert only(people["engineer"]).delivered_at is None


def test_nobody_acknowledges_for_somebody_else(people: dict[str, User], notify_to: Notify) -> None:
    notify_to(people["engineer"])
    row = only(people["engineer"])
    refusal(post(people["outsider"], "/api/notifications/ack/", {"ids": [row.pk]}), 404)
    assert post(people["outsider"], "/api/notifications/ack/", {"up_to_seq": 5}).json() == {"acknowledged": 0}
    assert only(people["engineer"]).delivered_at is None


def test_unread_count_counts_what_unread_lists(people: dict[str, User], notify_to: Notify) -> None:
    soon = timezone.now() + timedelta(days=1)
    for fields in ({}, {"priority": "high"}, {"kind": "admin_message"}, {"expires_at": soon}, {}):
        notify_to(people["engineer"], **fields)
    rows = rows_of(people["engineer"])
    Event.objects.filter(pk=rows[3].event_id).update(expires_at=timezone.now() - timedelta(seconds=1))
    post(people["engineer"], f"/api/notifications/{rows[0].pk}/mark_as_read/")
    counted = get(people["engineer"], "/api/notifications/unread_count/").json()
    listed = get(people["engineer"], "/api/notifications/unread/").json()
    assert [one["id"] for one in listed["results"]] == [rows[4].pk, rows[2].pk, rows[1].pk]
    assert counted["unread_count"] == listed["count"] == 3
    assert counted["by_type"] == {"general": 2, "admin_message": 1}
    assert counted["by_priority"] == {"normal": 2, "high": 1}
    assert counted["last_seq"] == 5
    plain = get(people["engineer"], "/api/notifications/").json()
    assert plain["count"] == len(plain["results"]) == 4  # the expired one is neither listed nor counted


def test_the_unread_count_of_a_newcomer_is_zero(people: dict[str, User]) -> None:
    assert get(people["outsider"], "/api/notifications/unread_count/").json() == {
        "unread_count": 0,
        "by_type": {},
        "by_priority": {},
        "last_seq": 0,
        "rev": 0,
        "user_id": people["outsider"].pk,
        "epoch": str(read_epoch()),
    }


def test_what_is_marked_unread_again_is_in_the_unread_list(people: dict[str, User], notify_to: Notify) -> None:
    for _ in range(3):
        notify_to(people["engineer"])
    post(people["engineer"], "/api/notifications/mark_all_as_read/")
    first = rows_of(people["engineer"])[0]
    assert ids(get(people["engineer"], "/api/notifications/unread/")) == []
    post(people["engineer"], f"/api/notifications/{first.pk}/mark_as_unread/")
    assert ids(get(people["engineer"], "/api/notifications/unread/")) == [first.pk]


def test_mark_as_read_of_the_row_is_the_same_act(people: dict[str, User], notify_to: Notify) -> None:
    notify_to(people["engineer"], audience=Audience(users=[people["engineer"].pk]))
    only(people["engineer"]).mark_as_read()
    assert get(people["engineer"], "/api/notifications/unread_count/").json()["unread_count"] == 0
