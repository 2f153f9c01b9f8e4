"""One attempt: begun in a transaction, made outside of any, recorded in another. Only who holds the lease may write.

A process that dies in between leaves a running attempt and a lease that lapses. The next to lease it cannot know
whether the provider has it: where a repetition would be a second message, it says so instead (`outcome_unknown`).
"""

import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from ... import meters
from ...transports.base import Accepted, Address, Message, Transport, TransportError
from ..queue import Leased

log = logging.getLogger("tidings.delivery")
LONGEST_ANSWER = 500


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt that is written down and may now be made."""

    leased: Leased
    attempt_id: uuid.UUID
    transport: Transport
    message: Message
    addresses: Sequence[Address]

    def make(self) -> "Outcome":
        """Hand the message over to each of the addresses, outside any transaction."""
        outcome, began = Outcome(), time.monotonic()
        for address in self.addresses:
            try:
                outcome.accepted = self.transport.send(self.message, address)
            except TransportError as error:
                outcome.errors.append((address, error))
            except Exception as error:  # a bug of ours: it must show, and it must not take the sender down
                log.exception("delivery %s: %s", self.leased.id, type(error).__name__)
                outcome.errors.append((address, TransportError(f"{type(error).__name__} in the transport")))
        outcome.took_s = round(time.monotonic() - began, 4)
        meters.attempt_seconds.labels(self.leased.channel, outcome.word).observe(outcome.took_s)
        return outcome


@dataclass(slots=True)
class Outcome:
    """What came of it, over all addresses of the person on this channel."""

    accepted: Accepted | None = None
    errors: list[tuple[Address, TransportError]] = field(default_factory=list)
    took_s: float = 0.0

    @property
    def word(self) -> str:
        """As figures and logs name it."""
        return "accepted" if self.accepted else "unknown" if self.is_unknown else "refused"

    @property
    def answer(self) -> str:
        said = [self.accepted.answer] if self.accepted else [str(error) for _, error in self.errors]
        return "; ".join(filter(None, dict.fromkeys(said)))[:LONGEST_ANSWER]

    @property
    def is_unknown(self) -> bool:
        return any(error.unknown for _, error in self.errors)

    @property
    def is_permanent(self) -> bool:
        return all(error.permanent or error.gone or error.suppress for _, error in self.errors)

    @property
    def is_gone(self) -> bool:
        return bool(self.errors) and all(error.gone for _, error in self.errors)

    @property
    def retry_after_s(self) -> float | None:
        return max((error.retry_after_s or 0 for _, error in self.errors), default=0) or None
