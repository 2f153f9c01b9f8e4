"""How one notification went, channel by channel, at a glance: from its row and what is loaded with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from ...events import Channel
from ...models import Delivery, Event, Live, NotificationLog

GOOD, WAITS, BAD, QUIET = "good", "waits", "bad", "quiet"  # how it is coloured
LABELS: Mapping[str, str] = {
    Channel.INBOX: "Inbox",
    Channel.WEBSOCKET: "Open page",
    Channel.EMAIL: "E-mail",
    Channel.WHATSAPP: "WhatsApp",
    Channel.SMS: "SMS",
    Channel.PUSH: "Push",
    Channel.APPRISE: "Apprise",
    Channel.WEBHOOK: "Webhooks",
}
TONE = {
    Delivery.State.WAITING: WAITS,
    Delivery.State.HELD: WAITS,
    Delivery.State.SENT: GOOD,
    Delivery.State.FAILED: BAD,
    Delivery.State.UNKNOWN: BAD,
}
TONE_OF_STATUS = {"read": GOOD, "delivered": GOOD, "sent": WAITS, "pending": WAITS, "failed": BAD}


@dataclass(frozen=True, slots=True)
class Way:
    """`state` in a word, and `why`."""

    channel: str
    state: str
    tone: str
    why: str = ""

    @property
    def label(self) -> str:
        return LABELS[self.channel]


def with_deliveries(rows: QuerySet[NotificationLog]) -> QuerySet[NotificationLog]:
    """One query more, however many rows."""
    mine = Delivery.objects.filter(recipient__isnull=False).order_by("rung", "pk")
    return rows.prefetch_related(Prefetch("deliveries", mine))


def ways(row: NotificationLog) -> list[Way]:
    """The open page first, then each channel outside on which something was decided for this person."""
    outside = [one for one in row.deliveries.all() if one.channel != Channel.WEBSOCKET]
    return [_live(row), *_each(outside), *_alike(row.event, {one.channel for one in outside})]


def _live(row: NotificationLog) -> Way:
    channel = Channel.WEBSOCKET.value
    if row.live == Live.SKIP:
        return Way(channel, "skipped", QUIET, row.live_reason)
    if row.delivered_at:
        return Way(channel, "delivered", GOOD, f"round trip {row.rtt_ms} ms" if row.rtt_ms is not None else "")
    if row.withdrawn:
        return Way(channel, "never shown", QUIET, row.withdrawn)
    return Way(channel, "not acknowledged", QUIET if row.is_read else WAITS)


def _each(deliveries: Sequence[Delivery]) -> Iterator[Way]:
    for one in deliveries:
        state = Delivery.State(one.state)
        yield Way(one.channel, state.value, TONE.get(state, QUIET), _why(one))


def _why(one: Delivery) -> str:
    match one.state:
        case Delivery.State.SENT:
            return one.receipt
        case Delivery.State.FAILED | Delivery.State.UNKNOWN:
            return one.last_error or one.reason
        case Delivery.State.HELD:
            return f"{one.reason} until {one.due_at:%Y-%m-%d %H:%M} UTC" if one.due_at else one.reason
        case Delivery.State.WAITING if one.rung and not one.attempts:
            return f"rung {one.rung}, while nobody acknowledges"
    return one.reason


def _alike(event: Event, seen: set[str]) -> Iterator[Way]:
    for channel, reason in event.decided.items():
        if channel not in seen and channel != Channel.APPRISE:
            yield Way(channel, "skipped", QUIET, reason)
