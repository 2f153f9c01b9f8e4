"""What a transport is given to say for one delivery."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urljoin

from django.conf import settings

from .. import links, wire
from ..database import database_now
from ..events import DEFAULT_LOCALE, Channel
from ..models import Delivery, Event, NotificationLog
from ..transports.base import Message
from ..words import catalogue, markdown, rendering
from ..words.wording import NOBODY

LONGEST_PARAMETER = 1024  # of a template that Meta has approved


def message(delivery: Delivery, event: Event, *, to: str, carried: Sequence[Delivery] = ()) -> Message:
    """In the event's own words, `to` somebody's name; a link of our own pages becomes a whole address.

    Markdown is HTML in an e-mail, and plain text wherever there is none. A digest says what it carries, too.
    """
    row = delivery.notification
    title, said = _gathered([_words(one, one.event) for one in carried], _words(delivery, event))
    return Message(
        delivery_id=str(delivery.pk),
        kind=event.kind,
        title=title,
        message=markdown.plain(said),
        html=markdown.html(said, base_url=settings.BASE_URL) if delivery.channel == Channel.EMAIL else "",
        priority=event.priority,
        created_at=delivery.created_at,
        link=urljoin(settings.BASE_URL, event.link) if event.link else None,
        image=urljoin(settings.BASE_URL, event.image) if event.image else None,
        recipient_name=to,
        locale=(row.locale if row else "") or DEFAULT_LOCALE,
        **_ways_out(delivery, event),
        payload=_payload(delivery, event, row),
    )


def _payload(delivery: Delivery, event: Event, row: NotificationLog | None) -> dict[str, Any]:
    if delivery.channel == Channel.WEBHOOK:
        return _reported(delivery, event, row)
    approved = _approved(event, row) if delivery.channel == Channel.WHATSAPP else {}
    return {**_pointer(event, row), **approved}


def _ways_out(delivery: Delivery, event: Event) -> dict[str, str]:
    """In e-mail: the links that end it. What is mandatory has none."""
    kind = catalogue.find(event.kind)
    if delivery.channel != Channel.EMAIL or delivery.recipient_id is None or (kind and kind.is_mandatory):
        return {}
    return {
        "unsubscribe_url": links.to_unsubscribe(delivery.recipient_id, event.kind),
        "preferences_url": links.to_preferences(delivery.recipient_id),
    }


def _words(delivery: Delivery, event: Event) -> tuple[str, str]:
    row = delivery.notification
    return event.words_in(row.locale if row else "", delivery.channel)


def _gathered(others: Sequence[tuple[str, str]], first: tuple[str, str]) -> tuple[str, str]:
    """One title and one text for all of them, the first one first."""
    if not others:
        return first
    title = f"{first[0]} (+{len(others)})"
    return title, "\n\n".join(f"- **{title}**: {said}" for title, said in (first, *others))


def _approved(event: Event, row: NotificationLog | None) -> dict[str, Any]:
    """The template that this kind has with Meta, filled in; outside the 24 h window nothing else goes through."""
    kind = catalogue.find(event.kind)
    if kind is None or (template := kind.whatsapp_template) is None:
        return {}
    context = {"sender": event.actor_name or NOBODY, **event.context}
    try:
        filled = [rendering.render(f"{{{{ {path} }}}}", context) for path in template.variables]
    except (rendering.MissingVariable, rendering.CannotRender):
        return {}  # accepted before the kind named these variables: then as text, within the window
    parameters = [{"type": "text", "text": " ".join(text.split())[:LONGEST_PARAMETER] or "–"} for text in filled]
    spoken = row.locale if row and row.locale in template.languages else template.languages[0]
    components = [{"type": "body", "parameters": parameters}] if parameters else []
    return {"whatsapp_template": {"name": template.name, "language": spoken, "components": components}}


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
