"""The long tail of services, by Apprise: once per event, to the operator's own URLs. It tells no ids and no reasons."""

import queue
import threading
from dataclasses import dataclass, field
from typing import Any, ClassVar

from apprise import Apprise as Services

from .base import Accepted, Address, Malformed, Message, TransportError

TOTAL_S = 45.0


def from_url(urls: str) -> "Apprise":
    """Several, separated by commas."""
    services = Services()
    for url in filter(None, (part.strip() for part in urls.split(","))):
        if not services.add(url):
            raise Malformed("one of its URLs is not known to Apprise; https://appriseit.com/services lists them")
    if not len(services):
        raise Malformed("it names no URL; https://appriseit.com/services lists them")
    return Apprise(services)


@dataclass(frozen=True, slots=True)
class Apprise:
    """All of the services at once: when one fails, a repeat reaches the others again."""

    services: Services = field(repr=False)
    is_idempotent: ClassVar[bool] = False

    def send(self, message: Message, address: Address) -> Accepted:
        """`address` says nothing here. Each service has timeouts of its own; this one is for all together."""
        words = "\n\n".join(part for part in (message.message, message.link) if part) or message.title
        outcome: queue.SimpleQueue[bool | Exception] = queue.SimpleQueue()

        def notify() -> None:
            try:
                outcome.put(bool(self.services.notify(title=message.title, body=words)))
            except Exception as error:  # whatever a plug-in raises: it is raised again below
                outcome.put(error)

        threading.Thread(target=notify, name="apprise", daemon=True).start()
        return self._ended(outcome)

    def _ended(self, outcome: "queue.SimpleQueue[Any]") -> Accepted:
        try:
            said = outcome.get(timeout=TOTAL_S)
        except queue.Empty:
            raise TransportError(f"no end within {TOTAL_S:.0f} s", unknown=True) from None
        if isinstance(said, Exception):
            raise said
        if not said:
            raise TransportError("at least one service did not take it")
        return Accepted(answer=f"{len(self.services)} services")
