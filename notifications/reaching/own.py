"""The channels as one person has them: where each reaches them, or why it does not."""

from dataclasses import dataclass

from .. import transports
from ..deciding.policies import OUTWARD
from ..delivery import addresses
from ..events import Channel
from ..models import PausedChannel


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnChannel:
    """`reason`: why nothing goes out there just now, in the words of decisions; None: it does.

    `address` is shown where a person would know it again; a browser's endpoint tells nobody anything.
    """

    channel: str
    address: str | None = None
    reason: str | None = None


def own_channels(user_id: int) -> list[OwnChannel]:
    """The open page, then every channel outside that can reach a person."""
    paused = set(PausedChannel.objects.values_list("channel", flat=True))
    outward = [_own(user_id, channel, is_paused=channel in paused) for channel in OUTWARD]
    return [OwnChannel(channel=Channel.WEBSOCKET.value), *outward]


def _own(user_id: int, channel: Channel, *, is_paused: bool) -> OwnChannel:
    found = addresses.reach([user_id], channel)[user_id]
    known = found.addresses[0].value if found.addresses and channel != Channel.PUSH else None
    return OwnChannel(channel=channel.value, address=known, reason=_why_not(channel, found, is_paused=is_paused))


def _why_not(channel: Channel, found: addresses.Reach, *, is_paused: bool) -> str | None:
    """In the order in which `deciding.decide` asks."""
    if transports.find(channel) is None:
        return "not_configured"
    if found.is_suppressed:
        return "suppressed"
    if not found.addresses:
        return "no_address"
    return "channel_paused" if is_paused else None
