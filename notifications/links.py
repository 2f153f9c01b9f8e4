"""The signed links at the foot of an e-mail: what their holder may do without signing in, for whom, and until when.

Each is good for one thing only: one that unsubscribes opens no page, and the other way round.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.core import signing

from .events import Channel

_UNSUBSCRIBE, _PREFERENCES = "tidings.link.unsubscribe", "tidings.link.preferences"  # salts: a scope each
LONGEST = 512  # characters of a token


class Broken(Exception):
    """Not one of ours, or for something else."""


class Expired(Exception):
    """It was one of ours."""


@dataclass(frozen=True, slots=True)
class Unsubscribing:
    """Who is not to get which kind any more, and where."""

    user_id: int
    channel: str
    kind: str


def to_unsubscribe(user_id: int, kind: str, *, channel: str = Channel.EMAIL) -> str:
    """A GET shows a form, a POST ends it (RFC 8058)."""
    return _url("unsubscribe", signing.dumps([user_id, str(channel), kind], salt=_UNSUBSCRIBE))


def to_preferences(user_id: int) -> str:
    """The page where this person switches e-mail on and off, kind by kind."""
    return _url("preferences", signing.dumps(user_id, salt=_PREFERENCES))


def read_unsubscribe(token: str) -> Unsubscribing:
    """Raises Broken or Expired."""
    return Unsubscribing(*_read(token, _UNSUBSCRIBE))


def read_preferences(token: str) -> int:
    """Whose. Raises Broken or Expired."""
    return int(_read(token, _PREFERENCES))


def _url(page: str, token: str) -> str:
    return urljoin(settings.BASE_URL, f"/{page}/{token}/")


def _read(token: str, salt: str) -> Any:
    try:
        return signing.loads(token[: LONGEST + 1], salt=salt, max_age=settings.EMAIL_LINK_DAYS * 86_400)
    except signing.SignatureExpired as error:
        raise Expired from error
    except signing.BadSignature as error:
        raise Broken from error
