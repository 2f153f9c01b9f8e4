"""The one lock rule, and trying again when the database breaks a tie."""

import threading
from collections.abc import Callable
from datetime import UTC, timedelta

import psycopg.errors
import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from notifications.database import database_now, storable
from notifications.locks import lock_free_inboxes, lock_inbox, lock_inboxes, transacting
from notifications.models import Inbox

from .at_once import PATIENCE_S, all_at_once
from .crowd import make_crowd, make_person

postgres_only = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")


class Failing:
    """A write that fails so many times before it succeeds."""

    def __init__(self, error: type[Exception], times: int) -> None:
        self.error, self.times, self.tries = error, times, 0

    def __call__(self) -> str:
        self.tries += 1
        make_person()
        if self.tries <= self.times:
            raise OperationalError from self.error()
        return "written"


@pytest.mark.django_db(transaction=True)
class TestTransacting:
    @pytest.mark.parametrize("collision", [psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure])
    def test_a_collision_is_tried_again_and_leaves_nothing_of_the_lost_try(self, collision: type[Exception]) -> None:
        write = Failing(collision, times=2)
        assert transacting(write.__call__)() == "written"
        assert (write.tries, User.objects.count()) == (3, 1)

    def test_three_tries_are_enough(self) -> None:
        write = Failing(psycopg.errors.DeadlockDetected, times=3)
        with pytest.raises(OperationalError):
            transacting(write.__call__)()
        assert (write.tries, User.objects.count()) == (3, 0)

    @pytest.mark.parametrize("other", [psycopg.errors.DiskFull, ValueError])
    def test_another_failure_is_not_tried_again(self, other: type[Exception]) -> None:
        write = Failing(other, times=1)
        with pytest.raises(OperationalError):
            transacting(write.__call__)()
        assert (write.tries, User.objects.count()) == (1, 0)

    def test_inside_another_transaction_it_is_not_ours_to_repeat(self) -> None:
        write = Failing(psycopg.errors.DeadlockDetected, times=1)
        with pytest.raises(OperationalError), transaction.atomic():
            transacting(write.__call__)()
        assert write.tries == 1

    @postgres_only
    def test_two_writers_in_a_real_deadlock_both_succeed(self) -> None:
        one, two = make_crowd(2)
        both_hold_one = threading.Barrier(2)
        tries: list[int] = []

        def crossing(first: int, second: int) -> None:
            met: list[bool] = []  # only the first try waits for the other

            @transacting
            def cross() -> None:
                tries.append(first)
                lock_inbox(first)
                if not met:
                    met.append(True)
                    both_hold_one.wait(PATIENCE_S)
                lock_inbox(second)
                Inbox.objects.filter(pk__in=[first, second]).update(rev=F("rev") + 1)

            cross()

        lock_inboxes_of(one, two)
        all_at_once(lambda: crossing(one, two), lambda: crossing(two, one))
        assert len(tries) >= 3  # the loser may lose once more
        assert set(Inbox.objects.values_list("rev", flat=True)) == {2}

    @postgres_only
    @pytest.mark.parametrize("outer", [False, True], ids=["alone", "inside another transaction"])
    def test_a_real_serialization_failure(self, outer: bool) -> None:
        [user] = make_crowd(1)
        lock_inboxes_of(user)
        tries: list[int] = []

        @transacting
        def raise_rev() -> None:
            tries.append(user)
            repeatable_read()
            Inbox.objects.get(pk=user)
            if len(tries) == 1:  # somebody else is faster
                all_at_once(lambda: Inbox.objects.filter(pk=user).update(rev=F("rev") + 10))
            Inbox.objects.filter(pk=user).update(rev=F("rev") + 1)

        if outer:
            with pytest.raises(OperationalError):
                within_another(raise_rev)
            assert (len(tries), Inbox.objects.get(pk=user).rev) == (1, 10)
        else:
            raise_rev()
            assert (len(tries), Inbox.objects.get(pk=user).rev) == (2, 11)


def repeatable_read() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


@transaction.atomic
def within_another(write: Callable[[], None]) -> None:
    repeatable_read()
    write()


@transacting
def lock_inboxes_of(*users: int) -> dict[int, Inbox]:
    return lock_inboxes(users)


@pytest.mark.django_db(transaction=True)
class TestLocks:
    def test_missing_inboxes_are_made_and_the_others_kept(self) -> None:
        one, two, three = make_crowd(3)
        Inbox.objects.create(user_id=two, last_seq=7)
        locked = lock_inboxes_of(three, one, two, two)
        assert {user: inbox.last_seq for user, inbox in locked.items()} == {one: 0, two: 7, three: 0}

    def test_making_the_same_inboxes_at_once_makes_each_once(self) -> None:
        people = make_crowd(50)
        all_at_once(*[lambda: lock_inboxes_of(*people)] * 4, *[lambda: lock_inboxes_of(*reversed(people))] * 4)
        assert Inbox.objects.count() == len(people)

    def test_only_what_exists_is_free(self) -> None:
        one, two = make_crowd(2)
        lock_inboxes_of(one)
        with transaction.atomic():
            assert set(lock_free_inboxes([one, two])) == {one}

    @postgres_only
    def test_who_only_wants_what_is_free_waits_for_nobody(self) -> None:
        busy, free = make_crowd(2)
        lock_inboxes_of(busy, free)

        def look() -> set[int]:
            with transaction.atomic():
                return set(lock_free_inboxes([busy, free]))

        with transaction.atomic():
            lock_inbox(busy)
            assert all_at_once(look) == [{free}]  # it came back while the lock was held
        assert all_at_once(look) == [{busy, free}]

    @postgres_only
    def test_a_held_inbox_does_not_keep_others_from_pointing_at_its_person(self) -> None:
        person = make_person()
        lock_inboxes_of(person.pk)
        with transaction.atomic():
            lock_inbox(person.pk)
            all_at_once(lambda: User.objects.get(pk=person.pk).groups.set([]))
            all_at_once(lambda: Inbox.objects.get(pk=person.pk))


@pytest.mark.django_db
def test_the_databases_clock_is_aware_and_ours() -> None:
    before, now = timezone.now(), database_now()
    assert now.tzinfo is not None
    assert now.utcoffset() == timedelta(0)
    assert abs(now.astimezone(UTC) - before) < timedelta(minutes=1)  # the same machine


@pytest.mark.django_db
def test_the_databases_clock_goes_on_within_a_transaction() -> None:
    began = database_now()
    while database_now() == began:
        pass
    assert database_now() > began


def test_only_numbers_within_64_bits_are_asked_for() -> None:
    assert storable([1, 2**63 - 1, 2**63, -(2**70), "a name"]) == [1, 2**63 - 1, "a name"]
