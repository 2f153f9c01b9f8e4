"""One attempt: begun in a transaction, made outside of any, recorded in another. Only who holds the lease may write.

A process that dies in between leaves a running attempt and a lease that lapses. The next to lease it cannot know
whether the provider has it: where a repetition would be a second message, it says so instead (`outcome_unknown`).
"""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from .. import audit, transports
from ..database import database_now
from ..deciding import policies
from ..deciding.decide import HOLD, SKIP, Decision, decide
from ..events import Priority
from ..locks import lock_inbox, share_event, transacting
from ..models import Attempt, Delivery, Event, NotificationLog
from ..transports.base import Accepted, Address, Message, Transport, TransportError
from . import endpoints, fallback, reporting
from .addresses import Reach, reach_of
from .messages import message
from .planning import facts
from .queue import Leased, room_at

log = logging.getLogger("tidings.delivery")
LONGEST_ERROR = 500
_STATE_OF = {"cancelled": Delivery.State.CANCELLED, "acknowledged_first": Delivery.State.CANCELLED}
_STATE_OF["expired"] = Delivery.State.EXPIRED


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt that is written down and may now be made."""

    leased: Leased
    attempt_id: uuid.UUID
    message: Message
    addresses: Sequence[Address]


@dataclass(slots=True)
class Outcome:
    """What came of it, over all addresses of the person on this channel."""

    accepted: Accepted | None = None
    errors: list[tuple[Address, TransportError]] = field(default_factory=list)

    @property
    def answer(self) -> str:
        said = [self.accepted.answer] if self.accepted else [str(error) for _, error in self.errors]
        return "; ".join(filter(None, dict.fromkeys(said)))[:LONGEST_ERROR]

    @property
    def is_unknown(self) -> bool:
        return any(error.unknown for _, error in self.errors)

    @property
    def is_permanent(self) -> bool:
        return all(error.permanent or error.gone or error.suppress for _, error in self.errors)

    @property
    def is_gone(self) -> bool:
        return bool(self.errors) and all(error.gone for _, error in self.errors)

    @property
    def retry_after_s(self) -> float | None:
        return max((error.retry_after_s or 0 for _, error in self.errors), default=0) or None


def attempt(leased: Leased) -> None:
    """From the lease to the record."""
    begun = begin(leased)
    if begun is None:
        return
    transport = transports.find(leased.channel)
    assert transport is not None, "begin() has looked"
    record(begun, hand_over(transport, begun.message, begun.addresses), is_idempotent=transport.is_idempotent)


@transacting
def begin(leased: Leased) -> Begun | None:
    """Look again at everything that may have changed, and write the attempt down. None: there is nothing to do now."""
    delivery = _held(leased)
    if delivery is None:
        return None
    event = share_event(delivery.event_id)
    row = delivery.notification
    now = database_now()
    transport = transports.find(delivery.channel)
    if _was_interrupted(delivery, now) and not (transport and transport.is_idempotent):
        settle(delivery, Delivery.State.UNKNOWN, "outcome_unknown", now=now)
        return None
    found = reach_of(delivery)
    decision = _decision(delivery, event, row, found, now)
    if decision.outcome != "send":
        _obey(delivery, decision, now)
        return None
    if _count(delivery) >= _policy(delivery).max_attempts:
        settle(delivery, Delivery.State.FAILED, "attempts_exhausted", now=now)
        return None
    return _begun(leased, delivery, message(delivery, event, row), found.addresses, now)


def _held(leased: Leased) -> Delivery | None:
    """The delivery, with its person's inbox locked; None when the lease is no longer ours."""
    ours = Delivery.objects.filter(pk=leased.id, lease=leased.lease)
    for user_id in ours.values_list("recipient_id", flat=True):
        if user_id is not None:  # to a person, not to another system
            lock_inbox(user_id)
    return ours.select_related("notification").first()


def _was_interrupted(delivery: Delivery, now: datetime) -> bool:
    """An attempt that was begun under an earlier lease and has no end."""
    open_ = Attempt.objects.filter(delivery=delivery, outcome=Attempt.Outcome.RUNNING)
    ended = open_.update(outcome=Attempt.Outcome.UNKNOWN, ended_at=now, answer="The process that made it has ended.")
    return ended > 0


def _decision(delivery: Delivery, event: Event, row: NotificationLog | None, found: Reach, now: datetime) -> Decision:
    if transports.find(delivery.channel) is None:
        return Decision(SKIP, "not_configured")
    is_acknowledged = row is not None and (row.is_read or row.delivered_at is not None)
    decision = decide(facts(event, delivery.rung, found, now=now, is_acknowledged=is_acknowledged))
    if decision.outcome == "send" and (until := room_at(delivery.channel, _cap(delivery.channel), now)):
        return Decision(HOLD, "rate_limited", until)
    return decision


def _cap(channel: str) -> int:
    return int(settings.CHANNEL_CAPS.get(channel, 0))


def _obey(delivery: Delivery, decision: Decision, now: datetime) -> None:
    if decision.outcome == SKIP:
        delivery.outcome = SKIP
        settle(delivery, _STATE_OF.get(decision.reason, Delivery.State.SKIPPED), decision.reason, now=now)
        return
    delivery.state, delivery.outcome, delivery.reason = Delivery.State.HELD, decision.outcome, decision.reason
    delivery.lease, delivery.due_at = None, decision.until
    delivery.save(update_fields=["state", "outcome", "reason", "lease", "due_at"])


def _begun(leased: Leased, delivery: Delivery, said: Message, addresses: Sequence[Address], now: datetime) -> Begun:
    delivery.attempts += 1
    delivery.state = Delivery.State.WAITING
    delivery.save(update_fields=["attempts", "state"])
    made = Attempt.objects.create(delivery=delivery, number=delivery.attempts, channel=delivery.channel, started_at=now)
    return Begun(leased, made.pk, said, addresses)


def hand_over(transport: Transport, said: Message, addresses: Sequence[Address]) -> Outcome:
    """To each of the person's addresses, outside any transaction."""
    outcome = Outcome()
    for address in addresses:
        try:
            outcome.accepted = transport.send(said, address)
        except TransportError as error:
            outcome.errors.append((address, error))
        except Exception as error:  # a bug of ours: it must show, and it must not take the sender down
            log.exception("delivery %s: %s", said.delivery_id, type(error).__name__)
            outcome.errors.append((address, TransportError(f"{type(error).__name__} in the transport")))
    return outcome


@transacting
def record(begun: Begun, outcome: Outcome, *, is_idempotent: bool) -> None:
    """Write what came of it, unless the lease has gone to somebody else: they have called it unknown by now."""
    delivery = _held(begun.leased)
    now = database_now()
    for address, error in outcome.errors:
        endpoints.switch_off(begun.leased.channel, address, error, now=now)
    if delivery is None:
        log.warning("delivery %s: the lease had lapsed when it ended", begun.leased.id)
        return
    delivery.last_error = "" if outcome.accepted else outcome.answer
    if outcome.accepted:
        delivery.provider_id = outcome.accepted.provider_id[:255]
        word, retry_at = Attempt.Outcome.SENT, None
        settle(delivery, Delivery.State.SENT, delivery.reason, now=now)
        if delivery.recipient_id is not None:
            NotificationLog.objects.filter(pk=delivery.notification_id or 0, sent_at=None).update(sent_at=now)
    elif outcome.is_unknown and not is_idempotent:
        word, retry_at = Attempt.Outcome.UNKNOWN, None
        settle(delivery, Delivery.State.UNKNOWN, "outcome_unknown", now=now)
    else:
        word, retry_at = Attempt.Outcome.FAILED, _again_at(delivery, outcome, now)
        _retry_or_give_up(delivery, outcome, retry_at, now)
    _end(begun, delivery, outcome, word, retry_at, now)


def _again_at(delivery: Delivery, outcome: Outcome, now: datetime) -> datetime | None:
    """When to try again; None: never."""
    policy = _policy(delivery)
    if outcome.is_permanent or _count(delivery) >= policy.max_attempts:
        return None
    pause_s = max(policy.pause_s(_count(delivery)), outcome.retry_after_s or 0)
    return now + timedelta(seconds=min(pause_s, policies.LONGEST_PAUSE_S))


def _policy(delivery: Delivery) -> policies.Retry:
    return policies.retry(Priority.of_rank(delivery.priority), delivery.channel)


def _count(delivery: Delivery) -> int:
    """Attempts of this round."""
    return delivery.attempts - delivery.forgiven


def _retry_or_give_up(delivery: Delivery, outcome: Outcome, retry_at: datetime | None, now: datetime) -> None:
    if retry_at:
        delivery.lease, delivery.due_at = None, retry_at
        delivery.save(update_fields=["lease", "due_at", "last_error"])
        return
    if outcome.is_permanent:
        reason = "endpoint_gone" if outcome.is_gone else "permanent_failure"
    else:
        reason = "attempts_exhausted"
    settle(delivery, Delivery.State.FAILED, reason, now=now)


def _end(
    begun: Begun, delivery: Delivery, outcome: Outcome, word: Attempt.Outcome, retry_at: datetime | None, now: datetime
) -> None:
    Attempt.objects.filter(pk=begun.attempt_id).update(
        outcome=word, ended_at=now, answer=outcome.answer, provider_id=delivery.provider_id, retry_at=retry_at
    )
    audit.record(
        f"delivery.{word}" if word == Attempt.Outcome.SENT or not retry_at else "delivery.attempted",
        "delivery",
        delivery.pk,
        target_user_id=delivery.recipient_id,
        at=now,
        channel=delivery.channel,
        attempt=delivery.attempts,
        event_id=str(delivery.event_id),
    )


def settle(delivery: Delivery, state: Delivery.State, reason: str, *, now: datetime) -> None:
    """It is over for this channel; the next rung follows. The person's inbox is locked."""
    delivery.state, delivery.reason = state, reason
    delivery.lease, delivery.due_at, delivery.settled_at = None, None, now
    delivery.save(
        update_fields=["state", "outcome", "reason", "lease", "due_at", "settled_at", "provider_id", "last_error"]
    )
    fallback.follow(delivery, now=now)
    if state == Delivery.State.FAILED and delivery.recipient_id is not None:
        reporting.report(reporting.FAILED, NotificationLog.objects.filter(pk=delivery.notification_id or 0), now=now)
