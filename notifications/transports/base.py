"""What a transport is: one attempt a call, by one provider's protocol. It never retries, sleeps or writes rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to: an e-mail address, an E.164 number, a push endpoint or token, a webhook's URL."""

    value: str
    kind: str = ""  # push: "webpush" or "fcm"
    keys: Mapping[str, str] = field(default_factory=dict)  # web push: p256dh, auth; webhook: secret, old_secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What to say. The same `delivery_id` means the same message: Message-ID, idempotency key."""

    delivery_id: str
    kind: str
    title: str
    message: str
    priority: str
    created_at: datetime
    link: str | None = None
    image: str | None = None
    unsubscribe_url: str | None = None
    recipient_name: str = ""
    locale: str = "en"
    payload: Mapping[str, Any] = field(default_factory=dict)  # webhook: its body; push: ids for the client


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The provider has taken it."""

    provider_id: str = ""
    answer: str = ""  # its own words, short, without addresses or secrets


class TransportError(Exception):
    """It was not taken, or nobody knows. `str()` is the provider's answer, short, without addresses or secrets."""

    def __init__(
        self,
        answer: str,
        *,
        permanent: bool = False,
        retry_after_s: float | None = None,
        gone: bool = False,
        suppress: bool = False,
        unknown: bool = False,
    ) -> None:
        super().__init__(answer)
        self.permanent = permanent  # trying again cannot help
        self.retry_after_s = retry_after_s  # the provider's own wish
        self.gone = gone  # this endpoint is no more: switch it off (permanent too)
        self.suppress = suppress  # this address bounces or complains: do not write there again (permanent too)
        self.unknown = unknown  # wholly handed over, and no answer came


class Transport(Protocol):
    """One channel's way out."""

    is_idempotent: bool  # the provider drops a message that it gets twice under one id, or a second does no harm

    def send(self, message: Message, address: Address) -> Accepted:
        """Hand it over. Raises TransportError; anything else that is raised is a bug."""
