"""Rows that leave the inboxes without their owners' doing."""

import pytest
from django.contrib.auth.models import User

from notifications import inbox
from notifications.events import Audience
from notifications.expansion import expand_chunk
from notifications.inbox import withdraw_chunk, withdrawing
from notifications.live.rings import ChangeRing
from notifications.models import Event, Inbox, NotificationLog, Withdrawn

from ..conftest import Listener
from ..crowd import assert_true_inboxes, make_crowd, make_person, rows_of, send

pytestmark = pytest.mark.django_db


def withdraw(event: Event, why: Withdrawn) -> int:
    """All chunks; how many there were."""
    chunks, last = 0, withdraw_chunk(event.pk, why, after_user=0)
    while last is not None:
        chunks, last = chunks + 1, withdraw_chunk(event.pk, why, after_user=last)
    return chunks


def withdrawn(person: User | int) -> list[str]:
    return [row.withdrawn for row in rows_of(person)]


@pytest.mark.parametrize(
    ("why", "left"),
    [(Withdrawn.CANCELLED, ["cancelled", "", "", "cancelled"]), (Withdrawn.EXPIRED, ["expired"] * 4)],
)
def test_a_cancelled_event_stays_with_who_has_it_and_an_expired_one_with_nobody(
    notify_to, why: Withdrawn, left: list[str]
) -> None:
    untouched, reader, device, archiver = people = [make_person() for _ in range(4)]
    event = notify_to(*people)
    notify_to(*people)
    inbox.mark_as_read(reader.pk, [rows_of(reader)[0].pk])
    inbox.acknowledge(device.pk, up_to_seq=1)
    inbox.archive(archiver.pk, [rows_of(archiver)[0].pk])
    withdraw(event, why)
    assert [withdrawn(person)[0] for person in people] == left
    assert all(withdrawn(person)[1] == "" for person in people)
    assert Inbox.objects.get(pk=untouched.pk).unread_count == 1
    assert_true_inboxes([person.pk for person in people])


def test_doing_it_again_changes_nothing(person: User, notify_to) -> None:
    event = notify_to(person)
    assert withdraw(event, Withdrawn.EXPIRED) == 1
    before = list(Inbox.objects.values()), list(NotificationLog.objects.values())
    assert withdraw(event, Withdrawn.EXPIRED) == 0
    assert withdraw(event, Withdrawn.CANCELLED) == 0
    assert (list(Inbox.objects.values()), list(NotificationLog.objects.values())) == before


def test_a_large_audience_goes_in_chunks_that_cover_everybody_once(notify_to) -> None:
    people = make_crowd(withdrawing.CHUNK + 1, "crowd")
    event = notify_to(audience=Audience(roles=["crowd"]))
    expand_chunk(event.pk)
    assert withdraw(event, Withdrawn.EXPIRED) == 2
    assert set(NotificationLog.objects.values_list("withdrawn", flat=True)) == {"expired"}
    assert set(Inbox.objects.values_list("unread_count", "listed_count", "rev")) == {(0, 0, 2)}
    assert Inbox.objects.count() == len(people)


def test_unread_rows_that_left_are_no_longer_counted_and_the_floor_follows(person: User, notify_to) -> None:
    event = notify_to(person)
    withdraw(event, Withdrawn.EXPIRED)
    assert inbox.unread_counts(person.pk)["unread_count"] == 0
    assert Inbox.objects.get(pk=person.pk).read_floor == 1
    notify_to(person)
    assert inbox.unread_counts(person.pk)["unread_count"] == 1
    assert_true_inboxes([person.pk])


@pytest.mark.django_db(transaction=True)
def test_every_owner_is_told(listener: Listener) -> None:
    one, two = make_person(), make_person()
    event = send(one, two)
    listener.heard()
    withdraw(event, Withdrawn.CANCELLED)
    changes = [ring for ring in listener.heard() if isinstance(ring, ChangeRing)]
    assert [(ring.user_id, ring.frames, ring.unread_count, ring.rev) for ring in changes] == [
        (person.pk, [("notification_removed", {"ids": [rows_of(person)[0].pk]})], 0, 2) for person in (one, two)
    ]
