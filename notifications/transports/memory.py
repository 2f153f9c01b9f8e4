"""The fake that ships with the product: `memory://` for any channel. It keeps what was sent and fails as told."""

import threading
from collections import deque
from dataclasses import dataclass
from typing import ClassVar

from .base import Accepted, Address, Message, TransportError

Outcome = Accepted | TransportError


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One attempt that was accepted."""

    channel: str
    message: Message
    address: Address


outbox: list[Sent] = []
_planned: dict[str, deque[Outcome]] = {}
_changed = threading.Condition()


def clear() -> None:
    """Before each test: nothing sent, nothing planned."""
    with _changed:
        outbox.clear()
        _planned.clear()


def plan(channel: str, *outcomes: Outcome) -> None:
    """The next attempts on `channel` end like this, in this order; after that all are accepted."""
    with _changed:
        _planned.setdefault(channel, deque()).extend(outcomes)


def wait_for(count: int, *, within_s: float = 20) -> list[Sent]:
    """Until so many were accepted, on all channels together; what is there by then."""
    with _changed:
        _changed.wait_for(lambda: len(outbox) >= count, within_s)
        return list(outbox)


@dataclass(frozen=True, slots=True)
class Memory:
    """One channel's way into the outbox."""

    channel: str
    is_idempotent: ClassVar[bool] = False  # the careful case: what is unknown is not repeated

    def send(self, message: Message, address: Address) -> Accepted:
        with _changed:
            planned = _planned.get(self.channel)
            outcome = planned.popleft() if planned else Accepted(provider_id=f"memory-{message.delivery_id}")
            if isinstance(outcome, TransportError):
                raise outcome
            outbox.append(Sent(channel=self.channel, message=message, address=address))
            _changed.notify_all()
            return outcome
