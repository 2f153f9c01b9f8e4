"""What a transport is given to say for one delivery."""

from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth import get_user_model

from ..models import Delivery, Event, NotificationLog
from ..transports.base import Message


def message(delivery: Delivery, event: Event, row: NotificationLog) -> Message:
    """In the event's own words; a link of our own pages becomes a whole address."""
    person = get_user_model().objects.get(pk=row.recipient_id)
    return Message(
        delivery_id=str(delivery.pk),
        kind=event.kind,
        title=event.title,
        message=event.message,
        priority=event.priority,
        created_at=row.created_at,
        link=urljoin(settings.BASE_URL, event.link) if event.link else None,
        image=urljoin(settings.BASE_URL, event.image) if event.image else None,
        recipient_name=person.get_full_name() or person.get_username(),
        payload={"id": row.pk, "seq": row.seq, "event_id": str(event.pk), "notification_type": event.kind},
    )
