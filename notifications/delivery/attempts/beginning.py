"""Attempts are begun many at a time: everything that may have changed is looked at again, and each is written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from ... import meters, transports
from ...database import database_now
from ...deciding import wishes
from ...deciding.decide import HOLD, SEND, SKIP, Decision, Person, decide
from ...deciding.preferences import DEFAULTS, Preferences
from ...locks import share_events, transacting
from ...many import insert_each, update_each
from ...models import Attempt, Delivery, Event, Withdrawn
from ..addresses import Reach, reach_of
from ..messages import message
from ..planning import digests
from ..planning.ways import about, way
from ..queue import Leased
from .attempt import Begun
from .settling import held, policy_of, round_of, settle

_STATE_OF = {
    "cancelled": Delivery.State.CANCELLED,
    "acknowledged_first": Delivery.State.CANCELLED,
    "expired": Delivery.State.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class _Candidate:
    leased: Leased
    delivery: Delivery
    event: Event
    reach: Reach
    wish: Preferences
    carried: Sequence[Delivery]  # the others of its digest


@transacting
def begin(leased: Sequence[Leased]) -> list[Begun]:
    """Those of these that are to be tried now; the others are settled, held, or no longer ours."""
    candidates = _candidates(leased)
    now = database_now()
    interrupted = _interrupted([one.delivery for one in candidates], now)
    room = _Room(now)
    ready = [one for one in candidates if _is_ready(one, room, now, was_interrupted=one.delivery.pk in interrupted)]
    return _written(ready, now)


def _candidates(leased: Sequence[Leased]) -> list[_Candidate]:
    found = held(leased)
    events = share_events({delivery.event_id for delivery in found.values()})
    reaches = reach_of(list(found.values()))
    wanted = wishes.of([delivery.recipient_id for delivery in found.values() if delivery.recipient_id])
    carried = digests.carried_by([delivery.pk for delivery in found.values() if delivery.digest_key])
    return [
        _Candidate(
            leased=one,
            delivery=found[one.id],
            event=events[found[one.id].event_id],
            reach=reaches[one.id],
            wish=wanted.get(found[one.id].recipient_id or 0, DEFAULTS),
            carried=carried.get(one.id, ()),
        )
        for one in leased
        if one.id in found
    ]


def _interrupted(deliveries: Sequence[Delivery], now: datetime) -> set[int]:
    """Those with an attempt that was begun under an earlier lease and has no end."""
    tried = [one.pk for one in deliveries if one.attempts]
    if not tried:
        return set()
    running = Attempt.objects.filter(delivery__in=tried, outcome=Attempt.Outcome.RUNNING)
    found = set(running.values_list("delivery_id", flat=True))
    if found:
        running.update(outcome=Attempt.Outcome.UNKNOWN, ended_at=now, answer="The process that made it has ended.")
        meters.after_commit(lambda: meters.leases_lapsed.labels("delivery").inc(len(found)))
    return found


def _is_ready(one: _Candidate, room: "_Room", now: datetime, *, was_interrupted: bool) -> bool:
    transport = transports.find(one.delivery.channel)
    if was_interrupted and not (transport and transport.is_idempotent):
        settle(one.delivery, Delivery.State.UNKNOWN, "outcome_unknown", now=now)
        return False
    decision = Decision(SKIP, "not_configured") if transport is None else _decision(one, room, now)
    if decision.outcome == SKIP:
        _skip(one.delivery, decision.reason, now)
    elif decision.outcome == HOLD:
        _hold(one.delivery, decision, now)
    elif round_of(one.delivery) >= policy_of(one.delivery).max_attempts:
        settle(one.delivery, Delivery.State.FAILED, "attempts_exhausted", now=now)
    else:
        one.delivery.reason = decision.reason
        return True
    return False


def _decision(one: _Candidate, room: "_Room", now: datetime) -> Decision:
    decision = _decision_about(one.delivery, one.event, one, now)
    if decision.outcome == SEND and (until := room.take(one.delivery.channel)):
        return Decision(HOLD, "rate_limited", until)
    return decision


def _decision_about(delivery: Delivery, event: Event, one: _Candidate, now: datetime) -> Decision:
    """The candidate's own delivery, or another of its digest."""
    row = delivery.notification
    person = Person(
        preferences=one.wish,
        has_address=bool(one.reach.addresses),
        is_suppressed=one.reach.is_suppressed,
        is_acknowledged=row is not None and (row.is_read or row.delivered_at is not None),
        is_taken_back=row is not None and row.withdrawn == Withdrawn.CANCELLED,
        is_replaced=row is not None and row.withdrawn == Withdrawn.REPLACED and delivery.recipient_id is not None,
        is_gathered=bool(delivery.digest_key) or delivery.recipient_id is None,
    )
    return decide(about(event), way(delivery.channel, delivery.rung), person, now=now)


def _skip(delivery: Delivery, reason: str, now: datetime) -> None:
    delivery.outcome = SKIP
    settle(delivery, _STATE_OF.get(reason, Delivery.State.SKIPPED), reason, now=now)


def _hold(delivery: Delivery, decision: Decision, now: datetime) -> None:
    delivery.state, delivery.outcome, delivery.reason = Delivery.State.HELD, decision.outcome, decision.reason
    delivery.lease, delivery.due_at = None, decision.until or now
    delivery.held_at, delivery.held_for = now, decision.reason
    delivery.save(update_fields=["state", "outcome", "reason", "lease", "due_at", "held_at", "held_for"])


class _Room:
    """How many attempts a minute a channel may make: a storm must not empty the SMS account."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._started: dict[str, list[datetime]] = {}

    def take(self, channel: str) -> datetime | None:
        """None: one more may start. Otherwise when the last minute's attempts let one through."""
        cap = int(settings.CHANNEL_CAPS.get(channel, 0))
        if not cap:
            return None
        recent = self._recent(channel, cap)
        if len(recent) >= cap:
            return recent[-cap] + timedelta(minutes=1)
        recent.append(self._now)
        return None

    def _recent(self, channel: str, cap: int) -> list[datetime]:
        """When the attempts of the last minute were started, the newest last."""
        if channel not in self._started:
            last_minute = Attempt.objects.filter(channel=channel, started_at__gt=self._now - timedelta(minutes=1))
            newest = last_minute.order_by("-started_at").values_list("started_at", flat=True)[:cap]
            self._started[channel] = list(newest)[::-1]
        return self._started[channel]


def _written(ready: Sequence[_Candidate], now: datetime) -> list[Begun]:
    begun_now = Delivery.State.WAITING, SEND  # it may have been held, for another reason
    update_each(
        Delivery,
        ["attempts", "state", "outcome", "reason"],
        [(one.delivery.pk, one.delivery.attempts + 1, *begun_now, one.delivery.reason) for one in ready],
    )
    begun = []
    made = []
    for one in ready:
        delivery, transport = one.delivery, transports.find(one.delivery.channel)
        assert transport is not None, "_is_ready() has looked"
        attempt = Attempt(delivery=delivery, number=delivery.attempts + 1, channel=delivery.channel, started_at=now)
        said = message(delivery, one.event, to=_name(delivery), carried=_still_told(one, now))
        made.append(attempt)
        begun.append(Begun(one.leased, attempt.pk, transport, said, one.reach.addresses))
    insert_each(made)
    return begun


def _still_told(one: _Candidate, now: datetime) -> list[Delivery]:
    """The others of its digest. What was taken back, has expired or is not wanted any more ends by that."""
    told = []
    for other in one.carried:
        decision = _decision_about(other, other.event, one, now)
        if decision.outcome == SKIP:
            _skip(other, decision.reason, now)
        else:
            told.append(other)
    return told


def _name(delivery: Delivery) -> str:
    person = delivery.recipient
    return person.get_full_name() or person.get_username() if person else ""
