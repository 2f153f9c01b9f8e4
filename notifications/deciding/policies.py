"""Tables: how often an outward delivery is tried, and which channels follow when nobody acknowledges."""

import random
from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings

from ..events import Channel, Priority

OUTWARD = (Channel.EMAIL, Channel.WHATSAPP, Channel.SMS, Channel.PUSH)  # one address book per person
PERSONAL = (Channel.INBOX.value, Channel.WEBSOCKET.value, *(channel.value for channel in OUTWARD))  # decided for each
JITTER = 0.2
LONGEST_PAUSE_S = 3600.0
SOONEST_PUSH_AGAIN_S = 2.0  # after the frame was written: its ack may be on its way


@dataclass(frozen=True, slots=True)
class Retry:
    """`max_attempts` counts the first; the pause after attempt n is base × 2^(n−1) ± 20 %."""

    max_attempts: int
    base_delay_s: float

    def pause_s(self, attempt: int) -> float:
        """Seconds from this attempt (from 1) to the next."""
        exact = min(self.base_delay_s * float(2 ** (attempt - 1)), LONGEST_PAUSE_S)
        return exact * random.uniform(1 - JITTER, 1 + JITTER)


_RETRIES = {  # docs/requirements.md B4
    Priority.CRITICAL: Retry(5, 0.5),
    Priority.URGENT: Retry(4, 1),
    Priority.HIGH: Retry(3, 2),
    Priority.NORMAL: Retry(2, 5),
    Priority.LOW: Retry(1, 10),
}
_WEBHOOK = Retry(8, 5)  # another system may be down for a while: about 20 minutes in all
_LADDERS: dict[Priority, tuple[Channel, ...]] = {  # docs/requirements.md B5
    Priority.CRITICAL: (Channel.EMAIL, Channel.SMS, Channel.PUSH),
    Priority.URGENT: (Channel.EMAIL, Channel.PUSH),
    Priority.HIGH: (Channel.EMAIL,),
    Priority.NORMAL: (),
    Priority.LOW: (),
}


def retry(priority: str, channel: str | None = None) -> Retry:
    """B4's row, where settings do not say otherwise."""
    if not settings.NOTIFICATION_RETRY_ENABLED:
        return Retry(1, 0)
    if channel == Channel.WEBHOOK:
        return _WEBHOOK
    row = _RETRIES[Priority(priority)]
    attempts, delay = settings.NOTIFICATION_MAX_RETRIES, settings.NOTIFICATION_RETRY_DELAY
    return Retry(
        row.max_attempts if attempts is None else attempts, row.base_delay_s if delay is None else float(delay)
    )


def ladder(priority: str, *, used: Collection[str]) -> list[str]:
    """The channels that follow, one after the other, when nobody acknowledges; those already used are left out."""
    if not settings.NOTIFICATION_FALLBACK_ENABLED:
        return []
    return [channel.value for channel in _LADDERS[Priority(priority)] if channel not in used]
