"""What a person's page says: in one look, did she get it, and if not, why not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.db.models.functions import Now

from ... import preferring
from ...deciding import wishes
from ...events import Channel
from ...models import Connection, Device, Inbox, NotificationLog, Phone, Suppression
from ...wire import status
from ..told.ways import TONE_OF_STATUS, Way, ways

LISTED = 20  # connections or devices
TAIL = 4  # letters of an endpoint or token, at its end: whoever has all of it can push


@dataclass(frozen=True, slots=True)
class Told:
    """One row of the list."""

    row: NotificationLog
    title: str
    status: str
    tone: str
    ways: list[Way]


def told(rows: list[Any], *, now: datetime) -> list[Told]:
    """The rows with their event and deliveries are loaded."""
    return [_told(row, status(row, now=now)) for row in rows]


def _told(row: NotificationLog, word: str) -> Told:
    return Told(row, row.event.words_in(row.locale)[0], word, TONE_OF_STATUS.get(word, "quiet"), ways(row))


# --- where they are reached -----------------------------------------------------
@dataclass(frozen=True, slots=True)
class Reached:
    """An address, masked. `suppressed`: nothing is sent there, and why; `suppression_id` is what can be released."""

    channel: str
    address: str
    note: str = ""
    is_good: bool = True
    suppression_id: int | None = None


def addresses(person: Any) -> list[Reached]:
    """E-mail, phone and devices; a handful of queries."""
    return [*_email(person), *_phone(person), *_devices(person)]


def _email(person: Any) -> Iterator[Reached]:
    if not person.email:
        yield Reached("email", "none", "The account has no address.", is_good=False)
        return
    yield _unless_suppressed("email", person.email.lower(), masked_email(person.email))


def _phone(person: Any) -> Iterator[Reached]:
    phone = Phone.objects.filter(pk=person.pk).first()
    if phone and phone.number:
        for channel in (Channel.SMS.value, Channel.WHATSAPP.value):
            yield _unless_suppressed(channel, phone.number, masked_phone(phone.number))
    elif phone and phone.asked_number:
        yield Reached(
            "sms", masked_phone(phone.asked_number), "A code was sent; it is not verified yet.", is_good=False
        )


def _devices(person: Any) -> Iterator[Reached]:
    for device in Device.objects.filter(user_id=person.pk).order_by("gone_at", "-pk")[:LISTED]:
        gone = f"gone since {device.gone_at:%Y-%m-%d}" if device.gone_at else f"since {device.created_at:%Y-%m-%d}"
        yield Reached("push", f"{device.kind} {masked_device(device)}", gone, is_good=device.gone_at is None)


def _unless_suppressed(channel: str, address: str, shown: str) -> Reached:
    bounced = Suppression.objects.filter(channel=channel, address=address).first()
    if bounced is None:
        return Reached(channel, shown)
    why = f"suppressed since {bounced.since:%Y-%m-%d}: {bounced.why or 'it bounced or complained'}"
    return Reached(channel, shown, why, is_good=False, suppression_id=bounced.pk)


def masked_email(address: str) -> str:
    """
    >>> masked_email("anna@example.org")
    'an…@example.org'
    """
    name, _, domain = address.rpartition("@")
    return f"{name[:2]}…@{domain}"


def masked_phone(number: str) -> str:
    """
    >>> masked_phone("+491701234567")
    '+49…567'
    """
    return f"{number[:3]}…{number[-3:]}"


def masked_device(device: Device) -> str:
    return f"{urlsplit(device.address).hostname or ''} …{device.address[-TAIL:]}".strip()


# --- what they want -------------------------------------------------------------
def wanted(user_id: int) -> list[tuple[str, str]]:
    """What holds differently from the defaults, and the time zone; (what, in words)."""
    said = preferring.shown(user_id)
    return [(what, words) for what, words in _wanted(user_id, said) if words]


def _wanted(user_id: int, said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Time zone", said["timezone"]
    yield "Language", said["locale"]
    if quiet := said["quiet_hours"]:
        yield "Quiet hours", f"{quiet['start']}–{quiet['end']}, {said['timezone']}"
    if said["min_priority"] != "low":
        yield "Nothing below", said["min_priority"]
    if said["only_categories"] is not None:
        yield "Only the categories", ", ".join(said["only_categories"]) or "none"
    for name in ("types", "categories", "sources", "tags", "threads"):
        yield f"Muted {name.replace('types', 'kinds')}", ", ".join(said[f"muted_{name}"])
    if said["max_age_s"] is not None:
        yield "Nothing older than", f"{said['max_age_s']} s"
    yield from _switched(user_id)
    for channel, kinds in said["unsubscribed"].items():
        yield f"Unsubscribed, {channel}", ", ".join("everything" if kind == "*" else kind for kind in kinds)


def _switched(user_id: int) -> Iterator[tuple[str, str]]:
    wish = wishes.of([user_id]).get(user_id)
    for channel in preferring.CHANNELS:
        for on, word in ((False, "Off"), (True, "On")):
            kinds = sorted(
                kind for (kind, way), is_on in (wish.said.items() if wish else ()) if way == channel and is_on is on
            )
            yield f"{word}, {channel}", ", ".join(kinds)


# --- here now -------------------------------------------------------------------
def live_connections(user_id: int) -> QuerySet[Connection]:
    here = Connection.objects.filter(user_id=user_id, server__lease_until__gt=Now())
    return here.select_related("server").order_by("-connected_at")[:LISTED]


def counters(user_id: int) -> Inbox:
    """Of somebody who was never told anything: all 0."""
    return Inbox.objects.filter(pk=user_id).first() or Inbox(user_id=user_id)
