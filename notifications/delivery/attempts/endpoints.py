"""What a provider's refusal says about the address itself."""

from datetime import datetime

from ... import audit
from ...events import Channel
from ...models import Device, Suppression, Webhook
from ...transports.base import Address, TransportError


def switch_off(channel: str, address: Address, error: TransportError, *, now: datetime) -> None:
    """A device or webhook that is gone is not tried again; an address that bounces is suppressed until released."""
    if error.gone and channel == Channel.PUSH:
        Device.objects.filter(address=address.value, gone_at=None).update(gone_at=now)
    elif error.gone and channel == Channel.WEBHOOK:
        Webhook.objects.filter(url=address.value, disabled_at=None).update(disabled_at=now)
    elif error.suppress or error.gone:
        _suppress(channel, address.value, str(error), now)


def _suppress(channel: str, address: str, why: str, now: datetime) -> None:
    made, is_new = Suppression.objects.get_or_create(
        channel=channel, address=address, defaults={"why": why, "since": now}
    )
    if is_new:
        audit.record("suppression.added", "suppression", made.pk, at=now, channel=channel)
