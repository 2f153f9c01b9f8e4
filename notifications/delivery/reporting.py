"""What is told once per event, or to other systems: Apprise and webhooks. A Delivery each, as for people."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from .. import transports
from ..events import Channel, Priority
from ..models import Delivery, Event, NotificationLog, Webhook
from . import queue
from .planning.ways import channels_of

EVENT_DONE = "event.done"
CREATED, DELIVERED, READ, FAILED = (f"notification.{what}" for what in ("created", "delivered", "read", "failed"))


def report(what: str, rows: QuerySet[NotificationLog], *, now: datetime) -> None:
    """Tell every webhook that wants to hear of this, in the caller's transaction. If none does, no row is read."""
    wanting = _wanting(what)
    if not wanting:
        return
    made = [
        _delivery(Channel.WEBHOOK, event_id, priority, now, notification_id=pk, target=f"{webhook}:{what}")
        for pk, event_id, priority in rows.values_list("pk", "event_id", "priority")
        for webhook in wanting
    ]
    # a row may be read twice, having been made unread in between: that is told once
    Delivery.objects.bulk_create(made, batch_size=1000, ignore_conflicts=True)
    if made:
        queue.look_after_commit()


def report_done(event: Event, *, now: datetime) -> None:
    """All of its rows are written: tell the webhooks, and Apprise if the event goes there."""
    rank = Priority(event.priority).rank
    made = [
        _delivery(Channel.WEBHOOK, event.pk, rank, now, target=f"{webhook}:{EVENT_DONE}")
        for webhook in _wanting(EVENT_DONE)
    ]
    if Channel.APPRISE in channels_of(event) and transports.find(Channel.APPRISE):
        made.append(_delivery(Channel.APPRISE, event.pk, rank, now))
    Delivery.objects.bulk_create(made)
    if made:
        queue.look_after_commit()


def _wanting(what: str) -> list[int]:
    open_ = Webhook.objects.filter(disabled_at=None).values_list("pk", "types")
    return [pk for pk, types in open_ if what in types]


def _delivery(
    channel: Channel,
    event_id: UUID,
    priority: int,
    now: datetime,
    *,
    notification_id: int | None = None,
    target: str = "",
) -> Delivery:
    return Delivery(
        event_id=event_id,
        notification_id=notification_id,
        channel=channel,
        target=target,
        outcome="send",
        reason="kind_default",
        state=Delivery.State.WAITING,
        priority=priority,
        due_at=now,
        created_at=now,
    )
