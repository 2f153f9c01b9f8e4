"""The ledger is true whatever was done by the engine, and names whatever was done behind its back."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from notifications import inbox
from notifications.dispatch import cancel, notify
from notifications.inbox import NothingToStop, WillNotReturn, pruning
from notifications.insight import ledger
from notifications.models import Attempt, Delivery, Event, Inbox, NotificationLog
from notifications.workers.loop import sweep

from ..crowd import event_to, make_person, rows_of, send
from ..dispatch.test_cancelling import delivery

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LATER = timezone.now() + timedelta(days=1)


def findings(event: Event | None = None) -> list[str]:
    return [str(finding) for finding in ledger.check(event.pk if event else None)]


@pytest.mark.parametrize("seed", range(6))
def test_it_adds_up_after_whatever_was_done(seed: int, settings) -> None:
    settings.NOTIFICATION_RETENTION_HOURS, settings.MAX_NOTIFICATIONS_PER_USER = 1, 4
    chance = random.Random(seed)
    people = [make_person().pk for _ in range(3)]
    for _ in range(40):
        one_act(chance, people)
        assert findings() == []
    assert NotificationLog.objects.exists()


def one_act(chance: random.Random, people: list[int]) -> None:
    some = chance.sample(people, chance.randint(1, len(people)))
    user = some[0]
    mine = [row.pk for row in rows_of(user) if not row.deleted_at]
    events = list(Event.objects.values_list("pk", flat=True))
    chosen = chance.choice(mine) if mine else None
    acts: list[Callable[[], Any]] = [
        lambda: send(*some, expires_at=chance.choice([None, LATER])),
        lambda: notify(event_to(*some, scheduled_for=LATER)),
        lambda: inbox.acknowledge(user, up_to_seq=chance.randint(0, 9)),
        lambda: inbox.mark_all_as_read(user),
        lambda: pruning.prune_all(),
        lambda: (NotificationLog.objects.filter(is_read=True).update(read_at=LONG_AGO), sweep()),
        lambda: (NotificationLog.objects.exclude(snoozed_until=None).update(snoozed_until=LONG_AGO), sweep()),
    ]
    if chosen:
        verbs = [inbox.mark_as_read, inbox.mark_as_unread, inbox.archive, inbox.unarchive, inbox.delete]
        acts += [lambda verb=verb: verb(user, [chosen]) for verb in verbs]  # type: ignore[misc]
        acts += [lambda: inbox.snooze(user, chosen, until=LATER), lambda: inbox.cancel_one(chosen, actor=(1, "admin"))]
    if events:
        event = chance.choice(events)
        acts += [lambda: cancel(event, actor=(1, "admin"))]
        acts += [lambda: (Event.objects.filter(pk=event).exclude(expires_at=None).update(expires_at=LONG_AGO), sweep())]
    with suppress(NothingToStop, WillNotReturn):
        chance.choice(acts)()


@pytest.fixture
def world() -> tuple[Event, NotificationLog, Delivery]:
    """An event that was sent by e-mail, too; and another, so that there is something beside the damage."""
    person = make_person()
    event = send(person, make_person())
    send(person)
    row = NotificationLog.objects.get(event=event, recipient=person)
    sent = delivery(row, "sent", settled_at=timezone.now(), attempts=1)
    Attempt.objects.create(delivery=sent, number=1, channel="email", started_at=timezone.now(), outcome="sent")
    delivery(row, "waiting", "sms")
    assert findings() == findings(event) == []
    return event, row, sent


Damage = Callable[[Event, NotificationLog, Delivery], object]
DAMAGES: list[tuple[str, Damage, str]] = [
    ("a row is lost", lambda e, r, d: e.rows.exclude(pk=r.pk).delete(), "event"),
    ("a recipient too many", lambda e, r, d: Event.objects.filter(pk=e.pk).update(recipients=9), "event"),
    ("pruned is wrong", lambda e, r, d: Event.objects.filter(pk=e.pk).update(pruned=1), "event"),
    (
        "expired and settled, but its rows are still there",
        lambda e, r, d: Event.objects.filter(pk=e.pk).update(expires_at=LONG_AGO, settled_at=timezone.now()),
        "event",
    ),
    ("the badge is wrong", lambda e, r, d: _inbox(r).update(unread_count=F("unread_count") + 1), "person"),
    ("the list is wrong", lambda e, r, d: _inbox(r).update(listed_count=0), "person"),
    ("the head is behind", lambda e, r, d: _inbox(r).update(last_seq=1), "person"),
    ("the inbox is lost", lambda e, r, d: _inbox(r).delete(), "person"),
    ("sent without an attempt", lambda e, r, d: Attempt.objects.update(outcome="failed"), "delivery"),
    ("settled and leased", lambda e, r, d: _one(d).update(lease=uuid4()), "delivery"),
    ("open and settled", lambda e, r, d: _one(d).update(state="held"), "delivery"),
    ("over and not settled", lambda e, r, d: _one(d).update(settled_at=None), "delivery"),
    ("an unknown state", lambda e, r, d: _one(d).update(state="lost"), "delivery"),
    ("an attempt too many", lambda e, r, d: _one(d).update(attempts=2), "delivery"),
    ("for nobody's notification", lambda e, r, d: _one(d).update(notification_id=10**9), "delivery"),
]


def _inbox(row: NotificationLog) -> Any:
    return Inbox.objects.filter(pk=row.recipient_id)


def _one(sent: Delivery) -> Any:
    return Delivery.objects.filter(pk=sent.pk)


@pytest.mark.parametrize(("damage", "names"), [(d, n) for _, d, n in DAMAGES], ids=[name for name, _, _ in DAMAGES])
def test_each_kind_of_damage_is_found_and_named(
    world: tuple[Event, NotificationLog, Delivery], damage: Damage, names: str
) -> None:
    event, row, sent = world
    damage(event, row, sent)
    named = {"event": f"event {event.pk}:", "person": f"person {row.recipient_id}:", "delivery": f"delivery {sent.pk} "}
    assert [found for found in findings() if found.startswith(named[names])]
    if names != "person":
        assert [found for found in findings(event) if found.startswith(named[names])]


def test_large_tables_are_gone_through_in_batches(monkeypatch, world: object) -> None:
    monkeypatch.setattr(ledger, "BATCH", 1)
    monkeypatch.setattr(ledger, "DELIVERIES", 1)
    assert findings() == []
    Inbox.objects.update(unread_count=77)
    assert len(findings()) == 2


def said(*words: str) -> str:
    out = StringIO()
    try:
        call_command("check_ledger", *words, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}1: {error}"
    return out.getvalue()


def test_the_command_says_so_and_fails_when_something_is_wrong(world: tuple[Event, NotificationLog, Delivery]) -> None:
    event, row, _ = world
    assert said() == "2 events, 3 rows, 2 deliveries: everything adds up\n"
    assert said("--event", str(event.pk)) == "1 events, 2 rows, 2 deliveries: everything adds up\n"
    _inbox(row).update(unread_count=0)
    assert said() == f"person {row.recipient_id}: unread_count 0, but 2 unread rows\n1: 1 do not add up"
    assert said("--event", str(uuid4())).startswith("1: There is no event")
