"""Which channels a new notification goes out on: a Delivery each, written with the notification itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings

from .. import transports
from ..deciding import policies
from ..deciding.decide import SEND, SKIP, Decision, Facts, decide
from ..events import Channel, Priority
from ..models import Delivery, Event
from ..words import catalogue
from . import queue
from .addresses import Reach, reach


class Step(NamedTuple):
    """A channel of an event. Rung 0 is tried at once; 1, 2 … one after the other while nobody acknowledges."""

    channel: str
    rung: int


def steps(event: Event) -> list[Step]:
    """The outward channels of an event, its own first."""
    named = channels_of(event)
    own = [channel for channel in policies.OUTWARD if channel in named]
    rungs = policies.ladder(event.priority, used=own)
    return [Step(channel, 0) for channel in own] + [Step(channel, i) for i, channel in enumerate(rungs, 1)]


def channels_of(event: Event) -> Sequence[str]:
    """As its sender said, or as its kind is."""
    kind = catalogue.find(event.kind)
    return event.channels if event.channels is not None else kind.channels if kind else ()


def skipped_for_all(event: Event) -> dict[str, str]:
    """{channel: reason} of what reaches nobody: said once, on the event."""
    wanted = [step.channel for step in steps(event)]
    if Channel.APPRISE in channels_of(event):
        wanted.append(Channel.APPRISE)
    return {channel: "not_configured" for channel in wanted if transports.find(channel) is None}


def plan(event: Event, row_ids: Mapping[int, int], *, now: datetime) -> None:
    """Write the deliveries of these new rows, {recipient: row id}."""
    open_steps = [step for step in steps(event) if transports.find(step.channel) is not None]
    people = list(row_ids)
    reaches = [reach(people, step.channel) for step in open_steps]
    made = [
        delivery
        for user, row_id in row_ids.items()
        for delivery in _for_one(event, user, row_id, open_steps, [found[user] for found in reaches], now)
    ]
    if first_push_again_at := _push_again_at(event, now):
        again = Step(Channel.WEBSOCKET, 0)
        for user, row_id in row_ids.items():
            made.append(_delivery(event, user, row_id, again, Decision(SEND, "kind_default"), now))
            made[-1].due_at = first_push_again_at
    Delivery.objects.bulk_create(made, batch_size=1000)
    if any(one.due_at == now for one in made):
        queue.look_after_commit()


def _push_again_at(event: Event, now: datetime) -> datetime | None:
    """When to show it once more on open pages that have not acknowledged; None: its kind does not insist."""
    policy = policies.retry(event.priority)
    if not event.requires_acknowledgment or policy.max_attempts < 2 or Channel.WEBSOCKET not in channels_of(event):
        return None
    return now + timedelta(seconds=max(policy.pause_s(1), policies.SOONEST_PUSH_AGAIN_S))


def _for_one(
    event: Event, user: int, row_id: int, open_steps: Sequence[Step], reaches: Sequence[Reach], now: datetime
) -> list[Delivery]:
    made = []
    first_rung_at: datetime | None = now + timedelta(seconds=settings.NOTIFICATION_CONFIRMATION_TIMEOUT)
    for step, found in zip(open_steps, reaches, strict=True):
        decision = decide(facts(event, step.rung, found, now=now))
        delivery = _delivery(event, user, row_id, step, decision, now)
        if step.rung and decision.outcome == SEND:  # the first rung has its time; each other waits for the one before
            delivery.due_at, first_rung_at = first_rung_at, None
        made.append(delivery)
    return made


def facts(
    event: Event, rung: int, found: Reach, *, now: datetime, is_acknowledged: bool = False, is_taken_back: bool = False
) -> Facts:
    """What `decide` wants to know; the channel is configured, or nobody would ask. Taken back: this row alone."""
    return Facts(
        now=now,
        is_fallback=rung > 0,
        was_requested=event.channels is not None,
        expires_at=event.expires_at,
        is_cancelled=is_taken_back or event.state == Event.State.CANCELLED,
        is_acknowledged=is_acknowledged,
        has_address=bool(found.addresses),
        is_suppressed=found.is_suppressed,
    )


def _delivery(event: Event, user: int, row_id: int, step: Step, decision: Decision, now: datetime) -> Delivery:
    is_skipped = decision.outcome == SKIP
    return Delivery(
        event=event,
        notification_id=row_id,
        recipient_id=user,
        channel=step.channel,
        rung=step.rung,
        outcome=decision.outcome,
        reason=decision.reason,
        state=Delivery.State.SKIPPED if is_skipped else Delivery.State.WAITING,
        priority=Priority(event.priority).rank,
        due_at=None if is_skipped else now,
        created_at=now,
        settled_at=now if is_skipped else None,
    )
