"""Whatever is done to an inbox, in whatever order: its counters, floors and `rev` tell the truth after every step."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from notifications import inbox
from notifications.events import Priority
from notifications.models import Event, Inbox, NotificationLog, Withdrawn
from notifications.workers.loop import withdraw_expired

from ..crowd import assert_true, assert_true_inboxes, is_listed, make_person, rows_of, send
from ..examples import examples

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
KINDS = ["general", "admin_message"]
VISIBLE = ("seq", "is_read", "read_at", "seen_at", "archived_at", "deleted_at", "withdrawn")
VERBS: list[Callable[[int, list[int]], int]] = [
    inbox.mark_as_read,
    inbox.mark_as_unread,
    inbox.mark_as_unread,
    inbox.archive,
    inbox.unarchive,
    inbox.delete,
]
places = st.integers(min_value=0, max_value=6)
seqs = st.integers(min_value=-1, max_value=9)


class AnInbox(RuleBasedStateMachine):
    """One person at work; somebody else is told the same things and touches nothing."""

    @initialize()
    def two_people(self) -> None:
        self.me, self.other = make_person().pk, make_person().pk
        self.rev = 0
        self.visible: list[Any] = []
        for kind in KINDS * 2:
            send(self.me, self.other, kind=kind)

    # --- what comes ---------------------------------------------------------
    @rule(kind=st.sampled_from(KINDS), priority=st.sampled_from(Priority.values), both=st.booleans())
    def something_happens(self, kind: str, priority: str, both: bool) -> None:
        send(self.me, *([self.other] if both else []), kind=kind, priority=priority)

    @rule(place=places, fate=st.sampled_from(["swept", "expired", "swept", "cancelled", "withdrawn"]))
    def time_passes(self, place: int, fate: str) -> None:
        """What has expired leaves the unread list at once; the counters follow with the next sweep."""
        rows = rows_of(self.me)
        event = rows[place % len(rows)].event_id if rows else None
        if event and fate == "expired":
            Event.objects.filter(pk=event, settled_at=None).update(expires_at=LONG_AGO)
        elif event and fate != "swept":
            withdraw(event, Withdrawn.CANCELLED if fate == "cancelled" else Withdrawn.EXPIRED)
        while fate == "swept" and withdraw_expired():
            pass

    # --- what the person does ----------------------------------------------
    @rule(verb=st.sampled_from(VERBS), some=st.lists(places, min_size=1, max_size=4))
    def act(self, verb: Callable[[int, list[int]], int], some: list[int]) -> None:
        mine = [row.pk for row in rows_of(self.me) if not row.deleted_at]
        if mine:
            verb(self.me, [mine[place % len(mine)] for place in some])

    @rule(up_to_seq=st.none() | seqs, kind=st.none() | st.sampled_from(KINDS))
    def read_all(self, up_to_seq: int | None, kind: str | None) -> None:
        expected = [
            row
            for row in unread_of(rows_of(self.me))
            if (up_to_seq is None or row.seq <= up_to_seq) and (kind is None or row.kind == kind)
        ]
        assert inbox.mark_all_as_read(self.me, up_to_seq=up_to_seq, kind=kind) == len(expected)
        assert {row.pk for row in rows_of(self.me) if row.is_read} >= {row.pk for row in expected}

    @rule(bound=seqs, what=st.sampled_from(["list", "cursor", "rows", "socket"]))
    def a_device_says_something(self, bound: int, what: str) -> None:
        rows = rows_of(self.me)
        below = [row for row in rows if row.seq <= bound]
        if what == "list":
            unseen = [row for row in below if not row.seen_at and not row.deleted_at]
            assert inbox.mark_seen(self.me, up_to_seq=bound) == len(unseen)
        elif what == "cursor":
            waiting = [row for row in below if not row.delivered_at]
            assert inbox.acknowledge(self.me, up_to_seq=bound) == len(waiting)
        elif what == "rows":
            inbox.acknowledge(self.me, ids=[row.pk for row in rows if row.seq == bound and not row.deleted_at])
        else:  # a connection that shows everything acknowledges in order
            acks = [inbox.Ack(self.me, row.seq, row.seq, LONG_AGO, 1, row.seq) for row in below]
            assert inbox.record_acks(acks) == []

    # --- what must be true --------------------------------------------------
    @invariant()
    def it_tells_the_truth(self) -> None:
        kept, rows, counts = Inbox.objects.filter(pk=self.me).first(), rows_of(self.me), inbox.unread_counts(self.me)
        assert_true(kept or Inbox(user_id=self.me), rows)
        visible = [[getattr(row, name) for name in VISIBLE] for row in rows]
        if visible == self.visible:
            assert counts["rev"] == self.rev
        else:
            assert counts["rev"] > self.rev
        self.visible, self.rev = visible, counts["rev"]
        unread = unread_of(rows)
        assert counts["unread_count"] == len(unread)
        assert counts["by_type"] == Counter(row.kind for row in unread)
        assert counts["by_priority"] == Counter(row.event.priority for row in unread)

    def teardown(self) -> None:
        if hasattr(self, "other"):
            assert_true_inboxes([self.other])


def withdraw(event: Any, why: Withdrawn) -> None:
    last: int | None = 0
    while last is not None:
        last = inbox.withdraw_chunk(event, why, after_user=last)


def unread_of(rows: Sequence[NotificationLog]) -> list[NotificationLog]:
    return [row for row in rows if is_listed(row) and not row.is_read and not row.event.expires_at]


@pytest.mark.timeout(600)  # a failure is made small before it is shown
@pytest.mark.django_db(transaction=True)
def test_an_inbox_tells_the_truth_after_every_step() -> None:
    run_state_machine_as_test(
        AnInbox,
        settings=settings(
            max_examples=examples(8),
            stateful_step_count=30,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
