"""What happened to one person's notification, oldest first, from the facts in its rows."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from ..deciding.decide import Decision
from ..events import Channel
from ..models import Attempt, AuditEntry, Delivery, NotificationLog, Withdrawn
from ..wire import moment


class Moment(NamedTuple):
    """`attempt` counts from 1, per delivery."""

    at: datetime
    what: str
    channel: str | None = None
    attempt: int | None = None
    detail: str = ""


def timeline(row: NotificationLog, deliveries: Sequence[Delivery], decided: Mapping[str, Decision]) -> list[Moment]:
    """`created`, `decided` for each channel, and whatever came after; the names are those of docs/protocol.md §4."""
    told_in = [one.carried_by_id for one in deliveries if one.carried_by_id]
    tries = list(Attempt.objects.filter(delivery__in=[*(one.pk for one in deliveries), *told_in]).order_by("number"))
    moments = [
        Moment(row.created_at, "created", detail=row.reason),
        *(_decision(row, channel, decision, deliveries) for channel, decision in decided.items()),
        *_inside(row, tries),
        *(step for one in deliveries for step in _outside(one, tries)),
        *_acts(row),
    ]
    return sorted(moments, key=lambda step: step.at)  # stable: what is simultaneous stays as it follows


def _decision(row: NotificationLog, channel: str, decision: Decision, deliveries: Sequence[Delivery]) -> Moment:
    """As it was when it was held from the start, else as it stands now."""
    said = f"{decision.outcome}: {decision.reason}"
    for one in deliveries:
        if one.channel == channel and one.held_at == one.created_at:
            said = f"hold: {one.held_for}"
    return Moment(row.created_at, "decided", channel, detail=said)


def _inside(row: NotificationLog, tries: Sequence[Attempt]) -> Iterator[Moment]:
    live = Channel.WEBSOCKET.value
    accepted = {one.ended_at for one in tries}
    if row.sent_at and row.sent_at not in accepted:  # else a provider took it first
        yield Moment(row.sent_at, "pushed", live)
    if row.delivered_at:
        rtt = f"round trip {row.rtt_ms} ms" if row.rtt_ms is not None else ""
        yield Moment(row.delivered_at, "acknowledged", live, detail=rtt)
    if row.seen_at:
        yield Moment(row.seen_at, "seen", Channel.INBOX.value)
    if row.read_at:
        yield Moment(row.read_at, "read", Channel.INBOX.value)
    if row.deleted_at:
        yield Moment(row.deleted_at, "deleted", Channel.INBOX.value)
    if row.withdrawn:
        yield Moment(_withdrawn_at(row), row.withdrawn, Channel.INBOX.value)


def _withdrawn_at(row: NotificationLog) -> datetime:
    if row.withdrawn == Withdrawn.REPLACED:
        newer = NotificationLog.objects.filter(recipient_id=row.recipient_id, replaces=row.pk).first()
        return newer.created_at if newer else row.updated_at
    return row.updated_at


def _outside(delivery: Delivery, tries: Sequence[Attempt]) -> Iterator[Moment]:
    """One delivery; what was told in a digest has its attempts there."""
    channel = delivery.channel
    if delivery.held_at:
        yield Moment(delivery.held_at, "held", channel, detail=delivery.held_for)
    mine = [one for one in tries if one.delivery_id == (delivery.carried_by_id or delivery.pk)]
    if delivery.rung and mine:
        yield Moment(mine[0].started_at, "fallback_started", channel, detail=f"rung {delivery.rung}")
    in_digest = f"in digest {delivery.carried_by_id}" if delivery.carried_by_id else ""
    for attempt in mine:
        if channel == Channel.WEBSOCKET:
            yield Moment(attempt.started_at, "pushed", channel, attempt.number, "again")
        else:
            yield from _attempt(attempt, in_digest)
    if delivery.receipt_at:
        yield Moment(delivery.receipt_at, "receipt", channel, detail=delivery.receipt)
    if delivery.state in (Delivery.State.CANCELLED, Delivery.State.EXPIRED) and delivery.settled_at:
        yield Moment(delivery.settled_at, delivery.state, channel, detail=delivery.reason)


def _attempt(attempt: Attempt, in_digest: str) -> Iterator[Moment]:
    yield Moment(attempt.started_at, "attempt_started", attempt.channel, attempt.number, in_digest)
    if attempt.ended_at:
        yield Moment(attempt.ended_at, f"attempt_{attempt.outcome}", attempt.channel, attempt.number, attempt.answer)
    if attempt.retry_at and attempt.ended_at:
        next_try = f"next at {moment(attempt.retry_at)}"
        yield Moment(attempt.ended_at, "retry_planned", attempt.channel, attempt.number, next_try)


def _acts(row: NotificationLog) -> Iterator[Moment]:
    """What its owner did that leaves no time in the row."""
    done = AuditEntry.objects.filter(
        entity_type="notification", entity_id=str(row.pk), action__in=["notification.snoozed", "notification.acted"]
    )
    for entry in done:
        what = entry.action.partition(".")[2]
        detail = entry.metadata.get("until") or entry.metadata.get("chosen") or ""
        yield Moment(entry.at, what, Channel.INBOX.value, detail=str(detail))
