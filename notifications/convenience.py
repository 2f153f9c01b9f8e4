"""One thin call per purpose, for hosts that would rather say what happened than build an Event.

Each is `dispatch.notify` with the kind, the subject and the thread filled in: the same promise (told once the
surrounding transaction has committed), the same refusals. `to` is a person's id, several ids, or an Audience.
`context` fills the kind's words in; whatever else an Event takes (title, message, priority, link …) may be said too.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

from .dispatch import notify
from .events import Action, Audience, Category, Event, Priority, Subject
from .models import Event as EventRow

To = int | Sequence[int] | Audience
Id = int | str
Context = Mapping[str, Any] | None


LONGEST_ID = 64  # of a subject


class Details(TypedDict, total=False):
    """What an Event takes besides; left out, it is the kind's."""

    title: str
    priority: str
    category: str
    actor_id: int
    data: Mapping[str, Any]
    source: str
    tags: Sequence[str]
    thread: str
    link: str
    image: str
    actions: Sequence[Action]
    requires_acknowledgment: bool
    channels: Sequence[str]
    scheduled_for: datetime
    expires_at: datetime


class Said(Details, total=False):
    """The same, and words of one's own."""

    message: str


EVERYBODY = Audience(everyone=True)


# --- people, systems and tasks ----------------------------------------------
def send_user_message(to: To, message: str, **said: Unpack[Details]) -> EventRow:
    """A message to people; `actor_id` says from whom."""
    return _send("admin_message", to, {"message": message, **said})


def send_system_alert(message: str, to: To = EVERYBODY, **said: Unpack[Details]) -> EventRow:
    """Something is wrong and matters now: urgent, to everybody unless told otherwise."""
    alert: Details = {"category": Category.ALERT, "priority": Priority.URGENT, "title": "System alert"}
    return _send("general", to, {**alert, "source": "system", "message": message, **said})


def send_progress_update(
    to: To, task_id: Id, progress: float, context: Context = None, **said: Unpack[Said]
) -> EventRow:
    """How far a task is, in per cent; of one task only the latest stays in the inbox. `context`: task_title, step."""
    known = {"task_id": task_id, "progress": progress}
    return _send("progress_update", to, {"data": known, **said}, {**known, **(context or {})}, ("task", task_id))


# --- a shop -----------------------------------------------------------------
def send_order_notification(what: str, to: To, order_id: Id, context: Context = None, **said: Unpack[Said]) -> EventRow:
    """`what`: created, updated, cancelled, shipped or delivered. `context`: total, carrier, tracking_number …"""
    return _of_order(f"order_{what}", to, order_id, context, said)


def send_payment_notification(
    what: str, to: To, order_id: Id, context: Context = None, **said: Unpack[Said]
) -> EventRow:
    """`what`: success, failed or refunded. `context`: amount, reason."""
    return _of_order(f"payment_{what}", to, order_id, context, said)


def send_return_notification(
    what: str, to: To, order_id: Id, context: Context = None, **said: Unpack[Said]
) -> EventRow:
    """`what`: requested, approved, rejected or processed. `context`: reason, send_until."""
    return _of_order(f"return_{what}", to, order_id, context, said)


def send_refund_notification(to: To, order_id: Id, context: Context = None, **said: Unpack[Said]) -> EventRow:
    """A refund is on its way. `context`: amount, method."""
    return _of_order("refund_processed", to, order_id, context, said)


def send_shipment_notification(
    what: str, to: To, order_id: Id, context: Context = None, **said: Unpack[Said]
) -> EventRow:
    """`what`: created, updated (its context needs status) or delivered. `context`: carrier, tracking_number, place."""
    return _of_order(f"shipment_{what}", to, order_id, context, said)


def send_inventory_notification(
    what: str, to: To, product: str, context: Context = None, **said: Unpack[Said]
) -> EventRow:
    """`what`: low_stock or out_of_stock. `context`: stock, threshold, waiting."""
    known = {"product": product, **(context or {})}
    return _send(f"inventory_{what}", to, said, known, ("product", product))


def send_vendor_notification(
    what: str, to: To, vendor_name: str, context: Context = None, **said: Unpack[Said]
) -> EventRow:
    """`what`: approved or rejected. `context`: reason."""
    known = {"vendor_name": vendor_name, **(context or {})}
    return _send(f"vendor_{what}", to, said, known, ("vendor", vendor_name))


def send_system_notification(what: str, to: To = EVERYBODY, context: Context = None, **said: Unpack[Said]) -> EventRow:
    """`what`: maintenance (its context needs starts_at) or announcement (say the message); to everybody."""
    return _send(f"system_{what}", to, said, context)


def _of_order(kind: str, to: To, order_id: Id, context: Context, said: Said) -> EventRow:
    return _send(kind, to, said, {"order_id": order_id, **(context or {})}, ("order", order_id))


def _send(
    kind: str, to: To, said: Mapping[str, Any], context: Context = None, about: tuple[str, Id] | None = None
) -> EventRow:
    """What is about one thing is one thread."""
    audience = to if isinstance(to, Audience) else Audience(users=[to] if isinstance(to, int) else list(to))
    subject = Subject(about[0], str(about[1])[:LONGEST_ID]) if about else None
    thread = {"thread": f"{subject.kind}:{subject.id}"} if subject else {}
    return notify(Event(kind=kind, audience=audience, context=context or {}, subject=subject, **{**thread, **said}))
