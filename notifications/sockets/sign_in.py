"""Who is behind a connection. The host answers; the engine never looks inside a token."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Any, Protocol, TypeVar, cast

from django.conf import settings
from django.db import InterfaceError, OperationalError

from ..live.threads import Gathering

MOST_UNSIGNED_PER_ADDRESS = 50
MOST_ARRIVING = 1_000  # in this process at once; whoever waited behind more of them would have given up
TOGETHER_S = 0.005


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


Who = TypeVar("Who", bound=Identity | None)


class Arrivals:
    """Who has come to this process and is not in yet. What they offer is looked up together."""

    def __init__(self) -> None:
        self.unsigned: Counter[str] = Counter()  # by address
        self._arriving = 0
        self._offers = Gathering[Callable[[], Any], Any](_judge, within_s=TOGETHER_S)

    @property
    def crowded(self) -> bool:
        """Come again later: in a storm a short queue serves more people than one that outlives their patience."""
        return self._arriving >= MOST_ARRIVING

    def has_room_for(self, address: str) -> bool:
        return self.unsigned[address] < MOST_UNSIGNED_PER_ADDRESS and not self.crowded

    @contextmanager
    def one_more(self) -> Iterator["Arrivals"]:
        """Until it is in, or refused."""
        self._arriving += 1
        try:
            yield self
        finally:
            self._arriving -= 1

    async def who(self, offer: Callable[[], Who]) -> Who:
        """What the offer gives, or raises."""
        judged = await self._offers.ask(offer)
        if isinstance(judged, Exception):
            raise judged
        return cast(Who, judged)


def _judge(offers: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each gives, or the exception it raises. Raises when the database is away: for all of them, at once."""
    return [_judge_one(offer) for offer in offers]


def _judge_one(offer: Callable[[], Any]) -> Any:
    try:
        return offer()
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # this one's alone
        return error
