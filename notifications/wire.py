"""A notification as clients see it: one object for REST, socket and stream (docs/protocol.md §3)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db.models import Q
from django.db.models.functions import Now

from .models import Event, NotificationLog, Withdrawn, outward_failed, unexpired


def status(row: NotificationLog, *, now: datetime) -> str:
    """The first that holds; it follows from what happened and is stored nowhere."""
    if row.is_read:
        return "read"
    if row.delivered_at:
        return "delivered"
    if row.withdrawn == Withdrawn.CANCELLED or row.event.state == Event.State.CANCELLED:
        return "cancelled"
    if row.withdrawn == Withdrawn.EXPIRED or (row.event.expires_at and row.event.expires_at <= now):
        return "expired"
    if row.sent_at:
        return "sent"
    return "failed" if getattr(row, "outward_failed", False) else "pending"  # a frame just made has failed nowhere


_WAITING = Q(is_read=False, delivered_at=None)
_CANCELLED = Q(withdrawn=Withdrawn.CANCELLED) | Q(event__state=Event.State.CANCELLED)
_STILL = _WAITING & ~_CANCELLED
_UNEXPIRED = ~Q(withdrawn=Withdrawn.EXPIRED) & unexpired()
# the same as status(), as a condition; a test compares them
STATUS: Mapping[str, Q] = {
    "read": Q(is_read=True),
    "delivered": Q(is_read=False, delivered_at__isnull=False),
    "cancelled": _WAITING & _CANCELLED,
    "expired": _STILL & (Q(withdrawn=Withdrawn.EXPIRED) | Q(event__expires_at__lte=Now())),
    "sent": _STILL & _UNEXPIRED & Q(sent_at__isnull=False),
    "failed": _STILL & _UNEXPIRED & Q(sent_at=None) & outward_failed(),
    "pending": _STILL & _UNEXPIRED & Q(sent_at=None) & ~outward_failed(),
}


def notification(row: NotificationLog, *, now: datetime, is_silent: bool = False) -> dict[str, Any]:
    """The object for its recipient. `row.event` must be loaded."""
    words, mine = shared(row.event, row.locale), own(row, now=now, is_silent=is_silent)
    return {"id": row.pk, "seq": row.seq, **words, **mine}


def shared(event: Event, locale: str = "") -> dict[str, Any]:
    """What every recipient of an event who reads this language sees alike."""
    title, message = event.words_in(locale)
    return {
        "notification_type": event.kind,
        "category": event.category,
        "priority": event.priority,
        "title": title,
        "message": message,
        "data": event.data,
        "source": event.source,
        "tags": event.tags,
        "sender": event.sender,
        "subject": event.subject,
        "namespace": event.namespace,
        "room": event.room,
        "thread": event.thread,
        "actions": event.actions,
        "image": event.image,
        "link": event.link,
        "requires_acknowledgment": event.requires_acknowledgment,
        "expires_at": moment(event.expires_at),
        "event_id": str(event.pk),
    }


def own(row: NotificationLog, *, now: datetime, is_silent: bool) -> dict[str, Any]:
    """What is this recipient's own. Silent: their quiet hours reign at this moment."""
    return {
        "status": status(row, now=now),
        "reason": row.reason,
        "replaces": row.replaces,
        "silent": is_silent,
        "is_read": row.is_read,
        "read_at": moment(row.read_at),
        "seen_at": moment(row.seen_at),
        "archived_at": moment(row.archived_at),
        "snoozed_until": moment(row.snoozed_until),
        "sent_at": moment(row.sent_at),
        "delivered_at": moment(row.delivered_at),
        "action_taken": row.action_taken,
        "created_at": moment(row.created_at),
    }


def body(row: NotificationLog, *, now: datetime, is_silent: bool = False) -> bytes:
    """All but `id` and `seq`, encoded. `row.event` must be loaded."""
    return orjson.dumps({**shared(row.event, row.locale), **own(row, now=now, is_silent=is_silent)})


def frame_name(event: Event) -> str:
    """Broadcasts to everyone are named apart, so that a page may show them as a banner."""
    return "system_notification" if event.audience.get("everyone") else "notification"


def staff_notification(row: NotificationLog, *, now: datetime) -> dict[str, Any]:
    """The object for staff: who it was for, and how it went outside. `row.recipient` must be loaded, and `deliveries`
    with their `tries`.
    """
    deliveries = row.deliveries.all()
    tries = [attempt for delivery in deliveries for attempt in delivery.tries.all()]
    due = [delivery.due_at for delivery in deliveries if delivery.state in ("waiting", "held") and delivery.due_at]
    return {
        **notification(row, now=now),
        "user_id": row.recipient_id,
        "username": row.recipient.get_username(),
        "delivered": row.delivered_at is not None,
        "delivery_attempts": len(tries),
        "last_attempt_at": moment(max((attempt.started_at for attempt in tries), default=row.sent_at)),
        "next_attempt_at": moment(min(due, default=None)),
        "updated_at": moment(row.updated_at),
        "rtt_ms": row.rtt_ms,
    }


def moment(at: datetime | None) -> str | None:
    """UTC, ISO 8601, with a Z.

    >>> moment(datetime.fromisoformat("2026-11-21T10:00:00+01:00"))
    '2026-11-21T09:00:00Z'
    """
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
