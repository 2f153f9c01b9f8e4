"""Push to browsers (web push) and apps (FCM): one channel, two protocols; the address says which."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from ..base import Accepted, Address, Message, ProviderUrl, Transport, TransportError
from . import webpush

FORM = "fcm://<project>?credentials=<file>"


class Way(Protocol):
    def send(self, message: Message, address: Address) -> Accepted: ...


def from_url(url: str) -> Transport:
    """`webpush://`: browsers only; `fcm://…`: apps as well."""
    parsed = ProviderUrl.parse(url, form=FORM)
    ways: dict[str, Way] = {"webpush": webpush.WebPush()}
    if parsed.scheme == "fcm":
        from . import fcm  # Google's library is not small

        ways["fcm"] = fcm.from_url(parsed, form=FORM)
    return Push(ways)


@dataclass(frozen=True, slots=True)
class Push:
    """A second one replaces the first on the screen: browsers by Topic, apps by tag."""

    ways: dict[str, Way]
    is_idempotent: ClassVar[bool] = True

    def send(self, message: Message, address: Address) -> Accepted:
        way = self.ways.get(address.kind)
        if way is None:
            raise TransportError(f"push to {address.kind or 'this kind of device'} is not configured", permanent=True)
        return way.send(message, address)
