"""What a transport is: one attempt a call, by one provider's protocol. It never retries, sleeps or writes rows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit


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
    html: str = ""  # the message for an e-mail; safe to show as it is. Blank: the text
    link: str | None = None
    image: str | None = None
    unsubscribe_url: str | None = None
    preferences_url: str | None = None  # works without signing in
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

    @property
    def is_idempotent(self) -> bool:
        """The provider drops a message that it gets twice under one id, or a second does no harm."""

    def send(self, message: Message, address: Address) -> Accepted:
        """Hand it over. Raises TransportError; anything else that is raised is a bug."""


class Malformed(ValueError):
    """A channel's URL cannot be used. It says how to write it, never what was in it: that holds secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderUrl:
    """A channel's URL from the settings, taken apart; `repr` shows no secrets."""

    scheme: str
    user: str = field(repr=False)
    password: str = field(repr=False)
    host: str  # as it was written: a sender's name keeps its capitals
    port: int | None
    path: str
    query: Mapping[str, str] = field(repr=False)

    @classmethod
    def parse(cls, url: str, *, form: str) -> "ProviderUrl":
        """Raises Malformed with `form`, the way to write it."""
        try:
            parts = urlsplit(url)
            before, _, place = parts.netloc.rpartition("@")
            user, _, password = before.partition(":")
            host, port = _host_and_port(place)
        except ValueError:
            raise Malformed(f"write it as {form}") from None  # the cause's text quotes the URL
        return cls(
            scheme=parts.scheme,
            user=unquote(user),
            password=unquote(password),
            host=unquote(host),
            port=port,
            path=unquote(parts.path),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        )

    def base(self, default: str) -> str:
        """Where the provider is: `?base=http://host:port`, or its own address."""
        given = self.query.get("base", default).rstrip("/")
        if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", given):
            raise Malformed("write base as http://host:port or https://host")
        return given


def _host_and_port(place: str) -> tuple[str, int | None]:
    found = re.fullmatch(r"(?:\[(?P<v6>[^\]]*)\]|(?P<host>[^:]*))(?::(?P<port>\d{1,5}))?", place)
    port = int(found["port"]) if found and found["port"] else None
    if not found or (port is not None and not 0 < port < 65_536):
        raise ValueError(place)
    return found["v6"] or found["host"] or "", port


LONGEST_ANSWER = 200
MOST_READ = 2_000  # characters: the patterns below take their time over long words
_PRIVATE = [
    re.compile(pattern)
    for pattern in (
        r"\w+://\S+",  # a push endpoint is a secret by itself
        r"\S+@\S+",
        r"\+\d[\d\s().-]{5,}\d|\b\d{9,}\b",  # a number to call
        r"(?i)\bbearer\s+\S+",
        r"[\w+/=.-]{25,}",  # a token
    )
]


def clean(answer: str, *hidden: str) -> str:
    """A provider's own words, fit for rows and logs: one short line without `hidden`, addresses, numbers and tokens.

    >>> clean("550 5.1.1 <ann@example.org>: no such\\r\\n user +1 555 000 1111")
    '550 5.1.1 … no such user …'
    """
    for secret in filter(None, hidden):
        answer = answer.replace(secret, "…")
    answer = answer[:MOST_READ]
    for private in _PRIVATE:
        answer = private.sub("…", answer)
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in answer).split())
    return line if len(line) <= LONGEST_ANSWER else line[: LONGEST_ANSWER - 1] + "…"
