"""A Delivery for each recipient and outward channel, written with the notification itself."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from django.conf import settings

from ...deciding import policies
from ...deciding.decide import HOLD, SEND, SKIP, Decision, Way
from ...events import Channel, Priority
from ...many import insert_each
from ...models import Delivery, Event
from .. import queue
from . import digests
from .decisions import Decisions
from .ways import channels_of

_STATE_OF = {SEND: Delivery.State.WAITING, HOLD: Delivery.State.HELD, SKIP: Delivery.State.SKIPPED}


def plan(event: Event, row_ids: Mapping[int, int], decisions: Decisions) -> None:
    """Write the deliveries of these new rows, {recipient: row id}."""
    made: list[Delivery] = []
    if decisions.planned:
        made += [one for user, row_id in row_ids.items() for one in _for_one(event, user, row_id, decisions)]
    if first_push_again_at := _push_again_at(event, decisions.now):
        again = Way(channel=Channel.WEBSOCKET)
        for user, row_id in row_ids.items():
            if decisions.live(user).outcome == SEND:
                one = _delivery(event, user, row_id, again, Decision(SEND, "kind_default"), decisions.now)
                one.due_at = first_push_again_at
                made.append(one)
    insert_each(made)
    if any(one.due_at == decisions.now for one in made):
        queue.look_after_commit()


def _push_again_at(event: Event, now: datetime) -> datetime | None:
    """When to show it once more on open pages that have not acknowledged; None: its kind does not insist."""
    policy = policies.retry(event.priority)
    if not event.requires_acknowledgment or policy.max_attempts < 2 or Channel.WEBSOCKET not in channels_of(event):
        return None
    return now + timedelta(seconds=max(policy.pause_s(1), policies.SOONEST_PUSH_AGAIN_S))


def _for_one(event: Event, user: int, row_id: int, decisions: Decisions) -> Iterator[Delivery]:
    first_rung_at: datetime | None = decisions.now + timedelta(seconds=settings.NOTIFICATION_CONFIRMATION_TIMEOUT)
    for way in decisions.planned:
        decision = decisions.on(way, user)
        delivery = _delivery(event, user, row_id, way, decision, decisions.now)
        if way.rung and decision.outcome != SKIP:  # the first rung has its time; each other waits for the one before
            delivery.due_at, first_rung_at = first_rung_at, None
            _let_wait(delivery)
        if decision.reason == "digest":
            delivery.digest_key = digests.key_of(event)
            delivery.carried_by_id = decisions.digest_of(user, way.channel)
            delivery.due_at = None if delivery.carried_by_id else decision.until
        yield delivery


def _let_wait(rung: Delivery) -> None:
    """Whatever would hold it now: it is held when its turn has come, or there is nobody left to tell."""
    rung.state, rung.held_at, rung.held_for = Delivery.State.WAITING, None, ""


def _delivery(event: Event, user: int, row_id: int, way: Way, decision: Decision, now: datetime) -> Delivery:
    is_skipped = decision.outcome == SKIP
    return Delivery(
        event=event,
        notification_id=row_id,
        recipient_id=user,
        channel=way.channel,
        rung=way.rung or 0,
        outcome=decision.outcome,
        reason=decision.reason,
        state=_STATE_OF[decision.outcome],
        priority=Priority(event.priority).rank,
        due_at=None if is_skipped else decision.until or now,
        held_at=now if decision.outcome == HOLD else None,
        held_for=decision.reason if decision.outcome == HOLD else "",
        created_at=now,
        settled_at=now if is_skipped else None,
    )
