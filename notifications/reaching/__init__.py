"""Where people and other systems are reached outside, and where not to try any more: each change is a verb."""

from .channels import OUTWARD, ChannelNow, overview, pause, resume
from .devices import add_device, remove_device, vapid_public_key
from .own import OwnChannel, own_channels
from .phones import PAUSE, NoCode, NotSent, NoWay, TooSoon, WrongCode, ask_for_code, confirm_code
from .suppressions import release
from .webhooks import TYPES, add_webhook, remove_webhook, rotate_secret

__all__ = [
    "OUTWARD",
    "PAUSE",
    "TYPES",
    "ChannelNow",
    "NoCode",
    "NoWay",
    "NotSent",
    "OwnChannel",
    "TooSoon",
    "WrongCode",
    "add_device",
    "add_webhook",
    "ask_for_code",
    "confirm_code",
    "overview",
    "own_channels",
    "pause",
    "release",
    "remove_device",
    "remove_webhook",
    "resume",
    "rotate_secret",
    "vapid_public_key",
]
