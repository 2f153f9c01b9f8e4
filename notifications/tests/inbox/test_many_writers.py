"""Everybody who may write the same people's rows, at once: it ends, nobody fails, and the inboxes are true."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from notifications import inbox
from notifications.dispatch import notify
from notifications.events import Audience
from notifications.models import Event, Inbox, NotificationLog, Withdrawn

from ..at_once import all_at_once
from ..crowd import assert_true_inboxes, event_to, make_crowd, rows_of, send

PEOPLE, ROUNDS = 6, 12
DEADLOCK = "40P01"


class Stage:
    """The people, and one act of each writer on a few of them at random."""

    def __init__(self, people: list[int], seed: int) -> None:
        self.people, self.dice = people, random.Random(seed)

    def some(self) -> list[int]:
        return self.dice.sample(self.people, k=self.dice.randint(2, len(self.people)))

    def one(self) -> int:
        return self.dice.choice(self.people)

    def own(self, person: int) -> list[NotificationLog]:
        rows = rows_of(person)
        return self.dice.sample(rows, k=min(len(rows), 3))

    def single(self) -> None:
        notify(event_to(self.one()))

    def mass(self) -> None:
        notify(event_to(audience=Audience(users=self.some())))

    def read(self) -> None:
        person = self.one()
        inbox.mark_as_read(person, [row.pk for row in self.own(person)])

    def unread(self) -> None:
        person = self.one()
        inbox.mark_as_unread(person, [row.pk for row in self.own(person)])

    def archive(self) -> None:
        person = self.one()
        self.dice.choice([inbox.archive, inbox.unarchive])(person, [row.pk for row in self.own(person)])

    def mark_all(self) -> None:
        inbox.mark_all_as_read(self.one(), kind=self.dice.choice([None, "general"]))

    def seen(self) -> None:
        inbox.mark_seen(self.one(), up_to_seq=self.dice.randint(0, 40))

    def acknowledge(self) -> None:
        inbox.acknowledge(self.one(), up_to_seq=self.dice.randint(0, 40))

    def flush_acks(self) -> None:
        now = timezone.now()
        acks = [inbox.Ack(person, seq, seq, now, 1, 0) for person in self.some() for seq in range(1, 8)]
        while acks:
            acks = inbox.record_acks(acks)
        inbox.record_sent([(person, first := self.dice.randint(1, 20), first + 3, now) for person in self.some()])

    def withdraw(self) -> None:
        event = self.dice.choice(list(Event.objects.values_list("pk", flat=True)))
        inbox.withdraw_chunk(event, self.dice.choice([Withdrawn.EXPIRED, Withdrawn.CANCELLED]), after_user=0)


ACTS: list[Callable[[Stage], None]] = [
    Stage.single,
    Stage.mass,
    Stage.read,
    Stage.unread,
    Stage.archive,
    Stage.mark_all,
    Stage.seen,
    Stage.acknowledge,
    Stage.flush_acks,
    Stage.withdraw,
    Stage.mass,
    Stage.single,
]


@contextmanager
def watching_for_deadlocks(found: list[str]) -> Iterator[None]:
    """Our writes are tried again after a deadlock, so the statement is where it shows."""

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        try:
            return execute(sql, params, many, context)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) == DEADLOCK:
                found.append(sql)
            raise

    with connection.execute_wrapper(watch):
        yield


@pytest.mark.django_db(transaction=True)
def test_many_kinds_of_writers_on_the_same_people_never_block_each_other_for_good() -> None:
    people = make_crowd(PEOPLE)
    send(*people)
    deadlocks: list[str] = []
    done: list[int] = []
    counting = threading.Lock()

    def writer(place: int, act: Callable[[Stage], None]) -> None:
        stage = Stage(people, seed=place)
        with watching_for_deadlocks(deadlocks):
            for _ in range(ROUNDS):
                act(stage)
        with counting:
            done.append(place)

    all_at_once(*[lambda place=place, act=act: writer(place, act) for place, act in enumerate(ACTS)])
    assert deadlocks == []
    assert len(done) == len(ACTS)
    assert_true_inboxes(people)
    told = sum(Inbox.objects.filter(pk__in=people).values_list("last_seq", flat=True))
    assert told == sum(Event.objects.values_list("recipients", flat=True))
