"""Whatever happens to notifications, and whenever the roll-up comes: the figures are what a recount says, and what was
pruned is remembered.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from notifications import figures, inbox
from notifications.figures import rolling
from notifications.inbox import pruning
from notifications.models import Counted, Delivery, Figure, LateChange, NotificationLog

from ..crowd import make_person, send
from ..dispatch.test_cancelling import delivery
from ..examples import examples
from .recount import Recount, assert_same, plus, recount

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
places = st.integers(min_value=0, max_value=30)


class Histories(RuleBasedStateMachine):
    """Two people; rows of several days, some of them minutes old and not counted yet."""

    @initialize(is_prompt=st.booleans())
    def begin(self, is_prompt: bool) -> None:
        for model in (NotificationLog, Delivery, Figure, LateChange, Counted):
            model._base_manager.all()._raw_delete(connection.alias)
        self.people = [make_person().pk, make_person().pk]
        self.gone: Recount = {}
        self.is_prompt = is_prompt  # the roll-up comes after each step

    def rows(self) -> Any:
        return NotificationLog.objects.select_related("event").prefetch_related("deliveries").order_by("pk")

    def one(self, place: int) -> NotificationLog | None:
        rows = list(self.rows().filter(deleted_at=None))
        return rows[place % len(rows)] if rows else None

    @rule(
        kind=st.sampled_from(["general", "admin_message"]),
        hours=st.sampled_from([1, 20, 30, 50]),
        channels=st.sets(st.sampled_from(["email", "whatsapp", "websocket"])),
        both=st.booleans(),
    )
    def something_happened(self, kind: str, hours: int, channels: set[str], both: bool) -> None:
        event = send(*self.people[: 1 + both], kind=kind)
        Delivery.objects.filter(event=event).delete()
        at = timezone.now() - timedelta(hours=hours, minutes=7)
        event.rows.update(created_at=at)
        for row in event.rows.all():
            for channel in channels:
                delivery(row, channel=channel)

    @rule()
    def something_happens_now(self) -> None:
        send(self.people[0])

    @rule()
    def time_passes(self) -> None:
        """What was new is old enough to be counted."""
        young = timezone.now() - timedelta(minutes=6)
        older = {"created_at": timezone.now() - timedelta(minutes=10)}
        Delivery.objects.filter(created_at__gt=young).update(**older)
        NotificationLog.objects.filter(created_at__gt=young).update(**older)

    @rule(place=places, rtt_ms=st.none() | st.integers(0, 90_000), ms=st.integers(0, 100_000_000))
    def a_device_has_it(self, place: int, rtt_ms: int | None, ms: int) -> None:
        if row := self.one(place):
            sent_at = row.created_at
            inbox.record_acks([inbox.Ack(row.recipient_id, row.seq, row.seq, sent_at, rtt_ms, 0)])
            at = row.created_at + timedelta(milliseconds=ms)
            NotificationLog.objects.filter(pk=row.pk).update(delivered_at=at)

    @rule(place=places, is_undone=st.booleans())
    def somebody_reads(self, place: int, is_undone: bool) -> None:
        if row := self.one(place):
            (inbox.mark_as_unread if is_undone else inbox.mark_as_read)(row.recipient_id, [row.pk])

    @rule(place=places)
    def somebody_deletes(self, place: int) -> None:
        if row := self.one(place):
            inbox.delete(row.recipient_id, [row.pk])

    @rule(place=places)
    def somebody_reads_all(self, place: int) -> None:
        inbox.mark_all_as_read(self.people[place % 2])

    @rule(
        place=places,
        state=st.sampled_from(["sent", "failed", "unknown", "skipped", "waiting"]),
        receipt=st.sampled_from(["", "delivered", "read", "failed"]),
        ms=st.integers(0, 3_000_000),
    )
    def a_provider_answers(self, place: int, state: str, receipt: str, ms: int) -> None:
        waiting = list(Delivery.objects.order_by("pk"))
        if waiting:
            one = waiting[place % len(waiting)]
            settled_at = None if state == "waiting" else one.created_at + timedelta(milliseconds=ms)
            reason = "permanent_failure" if state == "failed" else "kind_default"
            changed = {"state": state, "receipt": receipt, "reason": reason, "settled_at": settled_at}
            Delivery.objects.filter(pk=one.pk).update(**changed)

    @rule(some=st.sets(places, max_size=4))
    def retention_comes(self, some: set[int]) -> None:
        for row in filter(None, map(self.one, some)):
            NotificationLog.objects.filter(pk=row.pk).update(is_read=True, read_at=LONG_AGO)
        before = {row.pk: recount([row]) for row in self.rows()}
        pruning.prune_all()
        left = set(NotificationLog.objects.values_list("pk", flat=True))
        self.gone = plus(self.gone, *(facts for pk, facts in before.items() if pk not in left))

    @rule(slice_rows=st.sampled_from([1, 2, 3, 1000]), whole=st.booleans())
    def the_roll_up_comes(self, slice_rows: int, whole: bool) -> None:
        usual, rolling.SLICE = rolling.SLICE, slice_rows
        try:
            while figures.roll_up()[1] is not None and whole:
                pass
        finally:
            rolling.SLICE = usual

    @invariant()
    def figures_are_a_recount(self) -> None:
        if hasattr(self, "gone"):
            today = timezone.now().date()
            expected = plus(self.gone, recount(self.rows()))
            assert_same(figures.between(today - timedelta(days=5), today), expected)
            while self.is_prompt and figures.roll_up()[1]:
                pass


@pytest.mark.timeout(600)  # a failure is made small before it is shown
@pytest.mark.django_db(transaction=True)
def test_figures_are_a_recount_after_every_step() -> None:
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=examples(6),
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
