"""How a delivery ends, or is put off: its outcome is written once, by who holds its lease."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from ... import meters
from ...database import database_now, id_list, is_one_of
from ...deciding import policies
from ...events import Priority
from ...locks import hold_inboxes, transacting
from ...models import Delivery, NotificationLog, Outcome
from ...prepared import Prepared
from .. import fallback, reporting
from ..planning import digests
from ..planning.ways import paused_channels
from ..queue import OPEN, Leased

log = logging.getLogger("tidings.delivery")
CHUNK = 200  # rungs
_UNTRIED = {Delivery.State.SKIPPED, Delivery.State.CANCELLED, Delivery.State.EXPIRED}


def _these(ids: str) -> QuerySet[Delivery]:
    these = is_one_of(f"{Delivery._meta.db_table}.id", ids)
    return Delivery.objects.filter(these).select_related("notification", "recipient")


_THESE = Prepared(_these)


def held(leased: Sequence[Leased]) -> dict[int, Delivery]:
    """{id: delivery} of those that are still ours, with row and person beside them, their people's inboxes locked."""
    hold_inboxes(sorted({one.recipient_id for one in leased if one.recipient_id is not None}))
    ours = {one.id: one.lease for one in leased}
    return {found.pk: found for found in _THESE(id_list(list(ours))[1]) if found.lease == ours[found.pk]}


@transacting
def pass_over_paused() -> int:
    """Rungs whose turn has come on a channel that staff have paused: the ladder goes on without them; how many."""
    paused, now = paused_channels(), database_now()
    if not paused:
        return 0
    stuck = Delivery.objects.filter(channel__in=paused, rung__gt=0, state__in=OPEN, due_at__lte=now, lease=None)
    people = stuck.order_by("due_at").values_list("recipient_id", flat=True)[:CHUNK]
    hold_inboxes(sorted({user for user in people if user is not None}))
    found = list(stuck.order_by("due_at")[:CHUNK])
    for one in found:
        one.outcome = Outcome.SKIP
        settle(one, Delivery.State.SKIPPED, "channel_paused", now=now)
    return len(found)


def policy_of(delivery: Delivery) -> policies.Retry:
    return policies.retry(Priority.of_rank(delivery.priority), delivery.channel)


def round_of(delivery: Delivery) -> int:
    """Attempts since staff last ordered a round, or since the beginning."""
    return delivery.attempts - delivery.forgiven


def settle(delivery: Delivery, state: Delivery.State, reason: str, *, now: datetime) -> None:
    """It is over for this channel; the next rung follows. The person's inbox is locked."""
    delivery.state, delivery.reason = state, reason
    delivery.lease, delivery.due_at, delivery.settled_at = None, None, now
    delivery.save(
        update_fields=["state", "outcome", "reason", "lease", "due_at", "settled_at", "provider_id", "last_error"]
    )
    follow_up([delivery], now=now)
    meters.after_commit(lambda: log.info("delivery ended without an attempt", extra=told_of(delivery)))


def follow_up(settled: Sequence[Delivery], *, now: datetime) -> None:
    """What follows from these having ended."""
    meters.after_commit(lambda: _count(settled))
    for delivery in settled:
        if delivery.rung:
            fallback.follow(delivery, now=now)
    leads = [one for one in settled if one.digest_key and not one.carried_by_id]
    digests.hand_over([lead.pk for lead in leads if lead.state in _UNTRIED], now=now)
    digests.settle_carried([lead for lead in leads if lead.state not in _UNTRIED], now=now)
    failed = [one.notification_id for one in settled if one.state == Delivery.State.FAILED and one.recipient_id]
    if failed:
        reporting.report(reporting.FAILED, NotificationLog.objects.filter(pk__in=filter(None, failed)), now=now)


def _count(settled: Sequence[Delivery]) -> None:
    for one in settled:
        meters.deliveries.labels(one.channel, one.state, one.reason).inc()


def told_of(delivery: Delivery) -> dict[str, Any]:
    """Which one it is and how it stands, for a line of the log."""
    return {
        "delivery_id": delivery.pk,
        "notification_id": delivery.notification_id,
        "event_id": str(delivery.event_id),
        "user_id": delivery.recipient_id,
        "channel": delivery.channel,
        "attempts": delivery.attempts,
        "state": delivery.state,
        "reason": delivery.reason,
    }
