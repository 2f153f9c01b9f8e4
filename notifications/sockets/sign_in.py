"""Who is behind a connection. The host answers; the engine never looks inside a token."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, cast

from django.conf import settings


@dataclass(frozen=True)
class Identity:
    """A signed-in person. `grant` is the host's word for what must still hold while the connection is open."""

    user_id: int
    username: str
    is_staff: bool
    expires_at: datetime | None
    grant: str = field(repr=False)  # never in a log


class Refused(Exception):
    """A sign-in that was offered and does not hold. `code` is a word for clients, such as token_expired."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class SignIn(Protocol):
    """What the host's module offers; all but the first and last may block on the database."""

    def origin_allowed(self, scope: dict[str, Any]) -> bool: ...

    def from_handshake(self, scope: dict[str, Any]) -> Identity | None: ...

    def from_token(self, token: str) -> Identity: ...

    def lapsed(self, identities: Sequence[Identity]) -> set[Identity]: ...

    def subprotocol(self, scope: dict[str, Any]) -> str | None: ...


def sign_in() -> SignIn:
    """The module that `NOTIFICATION_SIGN_IN` names."""
    return cast(SignIn, import_module(settings.NOTIFICATION_SIGN_IN))
