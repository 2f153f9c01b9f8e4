"""What a provider's refusal says about the address itself."""

import logging
from datetime import datetime

from ...events import Channel
from ...models import Device, Suppression
from ...transports.base import Address, TransportError

log = logging.getLogger("tidings.delivery")


def switch_off(channel: str, address: Address, error: TransportError, *, now: datetime) -> None:
    """A device that is gone is not tried again; an address that bounces is suppressed until it is released."""
    if error.gone and channel == Channel.PUSH:
        Device.objects.filter(address=address.value, gone_at=None).update(gone_at=now)
    elif error.suppress or (error.gone and channel != Channel.WEBHOOK):
        suppress(channel, address.value, str(error), now=now)


def suppress(channel: str, address: str, why: str, *, now: datetime) -> None:
    Suppression.objects.get_or_create(channel=channel, address=address, defaults={"why": why, "since": now})
