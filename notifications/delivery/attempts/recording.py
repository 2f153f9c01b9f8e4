"""What came of attempts, written many at a time."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from ... import audit, meters
from ...database import database_now
from ...deciding import policies
from ...locks import transacting
from ...many import update_each
from ...models import Attempt, AuditEntry, Delivery, NotificationLog
from . import endpoints
from .attempt import Begun, Outcome
from .settling import follow_up, held, policy_of, round_of, told_of

log = logging.getLogger("tidings.delivery")
_WRITTEN = ["state", "reason", "lease", "due_at", "settled_at", "provider_id", "last_error"]
_ENDED = ["outcome", "ended_at", "answer", "provider_id", "retry_at"]
_AGAIN = Delivery.State.WAITING


@transacting
def record(ended: Sequence[tuple[Begun, Outcome]]) -> None:
    """Write what came of these, but for leases that have gone to somebody else: they call it unknown by now."""
    ours = held([begun.leased for begun, _ in ended])
    now = database_now()
    failed = [begun.leased.id for begun, outcome in ended if outcome.errors]
    still_there = set(Delivery.objects.filter(pk__in=failed).values_list("pk", flat=True)) if failed else set()
    for begun, outcome in ended:
        if begun.leased.id in still_there:  # else its person was erased meanwhile, and no address of theirs is kept
            for address, error in outcome.errors:
                endpoints.switch_off(begun.leased.channel, address, error, now=now)
        if begun.leased.id not in ours:
            log.warning("delivery %s: the lease had lapsed when it ended", begun.leased.id)
    mine = [(begun, outcome, ours[begun.leased.id]) for begun, outcome in ended if begun.leased.id in ours]
    for begun, outcome, delivery in mine:
        _conclude(delivery, outcome, now, is_idempotent=begun.transport.is_idempotent)
    deliveries = [delivery for _, _, delivery in mine]
    update_each(Delivery, _WRITTEN, [(one.pk, *(getattr(one, name) for name in _WRITTEN)) for one in deliveries])
    update_each(Attempt, _ENDED, [_end(*one, now) for one in mine])
    audit.write([_entry(delivery, now) for delivery in deliveries])
    sent = [one.notification_id for one in deliveries if one.state == Delivery.State.SENT and one.recipient_id]
    NotificationLog.objects.filter(pk__in=filter(None, sent), sent_at=None).update(sent_at=now)
    follow_up([one for one in deliveries if one.settled_at], now=now)
    meters.after_commit(lambda: _note(mine))


def _note(ended: Sequence[tuple[Begun, Outcome, Delivery]]) -> None:
    for _, outcome, delivery in ended:
        log.info("attempt ended", extra={**told_of(delivery), "outcome": outcome.word, "seconds": outcome.took_s})


def _conclude(delivery: Delivery, outcome: Outcome, now: datetime, *, is_idempotent: bool) -> None:
    """Its new state: over, or waiting for another attempt."""
    delivery.lease, delivery.due_at, delivery.settled_at = None, None, now
    delivery.last_error = "" if outcome.accepted else outcome.answer
    if outcome.accepted:
        delivery.state = Delivery.State.SENT
        delivery.provider_id = outcome.accepted.provider_id[:255]
    elif outcome.is_unknown and not is_idempotent:
        delivery.state, delivery.reason = Delivery.State.UNKNOWN, "outcome_unknown"
    elif outcome.is_permanent:
        delivery.state = Delivery.State.FAILED
        delivery.reason = "endpoint_gone" if outcome.is_gone else "permanent_failure"
    elif round_of(delivery) >= policy_of(delivery).max_attempts:
        delivery.state, delivery.reason = Delivery.State.FAILED, "attempts_exhausted"
    else:
        pause_s = max(policy_of(delivery).pause_s(round_of(delivery)), outcome.retry_after_s or 0)
        delivery.due_at = now + timedelta(seconds=min(pause_s, policies.LONGEST_PAUSE_S))
        delivery.settled_at = None


def _end(begun: Begun, outcome: Outcome, delivery: Delivery, now: datetime) -> tuple[Any, ...]:
    """The attempt's id, then what `_ENDED` names."""
    word = {
        Delivery.State.SENT: Attempt.Outcome.SENT,
        Delivery.State.UNKNOWN: Attempt.Outcome.UNKNOWN,
    }.get(Delivery.State(delivery.state), Attempt.Outcome.FAILED)
    return begun.attempt_id, word, now, outcome.answer, delivery.provider_id, delivery.due_at


def _entry(delivery: Delivery, now: datetime) -> AuditEntry:
    action = "attempted" if delivery.state == _AGAIN else delivery.state
    return audit.draft(
        f"delivery.{action}",
        "delivery",
        delivery.pk,
        target_user_id=delivery.recipient_id,
        at=now,
        metadata={"channel": delivery.channel, "attempt": delivery.attempts, "event_id": str(delivery.event_id)},
    )
