"""What is told once per event, or to other systems: Apprise and webhooks, a Delivery each, as for people.

Subscribers in this process (bus.py) hear of the same, from here and nowhere else.
"""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from .. import bus, transports
from ..bus import ACTED, CREATED, DELIVERED, EVENT_DONE, FAILED, READ
from ..events import Channel, Priority
from ..many import insert_each
from ..models import Delivery, Event, NotificationLog, Webhook
from ..prepared import Prepared
from . import queue
from .planning.ways import channels_of

__all__ = ["ACTED", "CREATED", "DELIVERED", "EVENT_DONE", "FAILED", "READ", "report", "report_done"]

_WEBHOOKS = Prepared(lambda: Webhook.objects.filter(disabled_at=None))


def report(what: str, rows: QuerySet[NotificationLog], *, now: datetime) -> None:
    """Tell every webhook and every subscriber who wants to hear of this, in the caller's transaction.

    If none does, no row is read.
    """
    if wanting := _wanting(what):
        _tell_webhooks(wanting, what, rows, now)
    kinds = bus.heard(what)
    if kinds is not None:
        _tell_subscribers(what, rows.filter(kind__in=kinds) if kinds else rows, now)


def _tell_webhooks(wanting: list[int], what: str, rows: QuerySet[NotificationLog], now: datetime) -> None:
    made = [
        _delivery(Channel.WEBHOOK, event_id, priority, now, notification_id=pk, target=f"{webhook}:{what}")
        for pk, event_id, priority in rows.values_list("pk", "event_id", "priority")
        for webhook in wanting
    ]
    # a row may be read twice, having been made unread in between: that is told once
    Delivery.objects.bulk_create(made, batch_size=1000, ignore_conflicts=True)
    if made:
        queue.look_after_commit()


def _tell_subscribers(what: str, rows: QuerySet[NotificationLog], now: datetime) -> None:
    told: dict[tuple[UUID, str], list[bus.Recipient]] = defaultdict(list)
    columns = ("pk", "event_id", "kind", "recipient_id", "action_taken")
    for pk, event_id, kind, user_id, action in rows.order_by("pk").values_list(*columns):
        told[event_id, kind].append(bus.Recipient(notification_id=pk, user_id=user_id, action_taken=action))
    bus.tell_after_commit(
        [
            bus.Happened(type=what, kind=kind, event_id=event_id, at=now, recipients=tuple(recipients))
            for (event_id, kind), recipients in told.items()
        ]
    )


def report_done(event: Event, *, now: datetime) -> None:
    """All of its rows are written: tell webhooks and subscribers, and Apprise if the event goes there."""
    if bus.heard(EVENT_DONE) is not None:
        bus.tell_after_commit([bus.Happened(type=EVENT_DONE, kind=event.kind, event_id=event.pk, at=now)])
    rank = Priority(event.priority).rank
    made = [
        _delivery(Channel.WEBHOOK, event.pk, rank, now, target=f"{webhook}:{EVENT_DONE}")
        for webhook in _wanting(EVENT_DONE)
    ]
    if Channel.APPRISE in channels_of(event) and transports.find(Channel.APPRISE):
        made.append(_delivery(Channel.APPRISE, event.pk, rank, now))
    insert_each(made)
    if made:
        queue.look_after_commit()


def _wanting(what: str) -> list[int]:
    return [webhook.pk for webhook in _WEBHOOKS() if what in webhook.types]


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
