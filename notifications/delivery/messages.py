"""What a transport is given to say for one delivery."""

from typing import Any
from urllib.parse import urljoin

from django.conf import settings

from .. import wire
from ..database import database_now
from ..events import Channel
from ..models import Delivery, Event, NotificationLog
from ..transports.base import Message


def message(delivery: Delivery, event: Event, *, to: str) -> Message:
    """In the event's own words, `to` somebody's name; a link of our own pages becomes a whole address."""
    row = delivery.notification
    return Message(
        delivery_id=str(delivery.pk),
        kind=event.kind,
        title=event.title,
        message=event.message,
        priority=event.priority,
        created_at=delivery.created_at,
        link=urljoin(settings.BASE_URL, event.link) if event.link else None,
        image=urljoin(settings.BASE_URL, event.image) if event.image else None,
        recipient_name=to,
        payload=_reported(delivery, event, row) if delivery.channel == Channel.WEBHOOK else _pointer(event, row),
    )


def _pointer(event: Event, row: NotificationLog | None) -> dict[str, Any]:
    """What an app needs to find it again."""
    ids = {"id": row.pk, "seq": row.seq} if row else {}
    return {**ids, "event_id": str(event.pk), "notification_type": event.kind}


def _reported(delivery: Delivery, event: Event, row: NotificationLog | None) -> dict[str, Any]:
    """The body of a webhook: what happened, when, and the notification as it is now."""
    if row is None:
        about: dict[str, Any] = {"event_id": str(event.pk), "status": event.state, "recipients": event.recipients}
    else:
        row.event = event
        about = {**wire.notification(row, now=database_now()), "user_id": row.recipient_id}
    return {"type": delivery.target.partition(":")[2], "timestamp": wire.moment(delivery.created_at), "data": about}
