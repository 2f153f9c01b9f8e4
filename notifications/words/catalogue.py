"""The kinds of notification: what each says by default, how urgent it is, where it goes. One TOML file per domain."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from ..events import Category, Channel, Priority
from . import rendering

_OWN = Path(__file__).parent / "kinds"
LONGEST_WINDOW_S = 7 * 86_400
_DEFAULT_CHANNELS = (Channel.INBOX.value, Channel.WEBSOCKET.value)


class BrokenCatalogue(Exception):
    """A kinds file that cannot be used; the message says file, kind and field."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One entry. `title` and `message` are Liquid; None means that the sender must say it."""

    name: str
    category: str
    priority: str
    title: str | None = None
    message: str | None = None
    channels: tuple[str, ...] = _DEFAULT_CHANNELS
    requires_acknowledgment: bool = False
    mandatory: bool = False
    collapse: bool = False  # a newer one of its thread replaces it
    digest_window_s: int | None = None  # several within this window become one message outside
    digest_key: str | None = None  # a path into the context; what differs there is gathered apart

    @property
    def variables(self) -> list[str]:
        """What the context must hold for the words: dotted paths, sorted."""
        found = {name for words in (self.title, self.message) if words for name in rendering.variables(words)}
        return sorted(found)


_FIELDS = {*Kind.__dataclass_fields__, "digest"} - {"name", "digest_window_s", "digest_key"}


def canonical(spelling: str) -> str:
    """Any of the usual spellings, as lower snake case.

    >>> canonical("ORDER_CREATED"), canonical("task.assigned"), canonical("Ticket-Assigned")
    ('order_created', 'task_assigned', 'ticket_assigned')
    """
    return re.sub(r"[.\-\s]+", "_", spelling.strip()).lower()


def find(spelling: str) -> Kind | None:
    """The kind of that name, in whatever spelling; None when the catalogue has none."""
    return kinds().get(canonical(spelling))


@cache
def kinds() -> dict[str, Kind]:
    """Every kind by name. Raises BrokenCatalogue."""
    found: dict[str, Kind] = {}
    for path in files():
        for kind in _read(path):
            if kind.name in found:
                raise BrokenCatalogue(f"{path.name}: [{kind.name}] there is a kind of this name already")
            found[kind.name] = kind
    return found


def files() -> list[Path]:
    return [*sorted(_OWN.glob("*.toml")), *map(Path, getattr(settings, "NOTIFICATION_CATALOGUES", []))]


def _read(path: Path) -> Iterator[Kind]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BrokenCatalogue(f"{path.name}: {error}") from error
    for name, fields in tables.items():
        yield _kind(path.name, name, fields)


def _kind(file: str, name: str, fields: Mapping[str, Any]) -> Kind:
    for field, why in _mistakes(name, fields):
        raise BrokenCatalogue(f"{file}: [{name}] {field}: {why}")
    digest = fields.get("digest", {})
    return Kind(
        name=name,
        channels=tuple(fields.get("channels", _DEFAULT_CHANNELS)),
        digest_window_s=digest.get("window_s"),
        digest_key=digest.get("key"),
        **{field: given for field, given in fields.items() if field not in ("channels", "digest")},
    )


def _mistakes(name: str, fields: Any) -> Iterator[tuple[str, str]]:
    """(field, what is wrong with it), the gravest first."""
    if not isinstance(fields, Mapping):
        yield "kind", "write it as a table"
    for unknown in sorted(set(fields) - _FIELDS):
        yield unknown, "is not a field of a kind"
    if canonical(name) != name:
        yield "name", f"write it as {canonical(name)!r}"
    for field, words in (("category", Category.values), ("priority", Priority.values)):
        if fields.get(field) not in words:
            yield field, f"{fields.get(field)!r} is none of {', '.join(words)}"
    for strange in sorted(set(fields.get("channels", ())) - set(Channel.values)):
        yield "channels", f"{strange!r} is no channel"
    for flag in ("requires_acknowledgment", "mandatory", "collapse"):
        if not isinstance(fields.get(flag, False), bool):
            yield flag, "is neither true nor false"
    yield from _mistakes_in_digest(fields.get("digest", {"window_s": 1}))
    yield from _mistakes_in_words(fields)


def _mistakes_in_digest(digest: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(digest, Mapping) or not {"window_s"} <= set(digest) <= {"window_s", "key"}:
        yield "digest", 'write it as { window_s = 3600 }, with key = "a.path" where it is gathered by something'
    elif not _is_window(digest["window_s"]):
        yield "digest", f"window_s: {digest['window_s']!r} is no number of seconds from 1 to {LONGEST_WINDOW_S}"
    elif not re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*", str(digest.get("key", "_"))):
        yield "digest", f"key: {digest['key']!r} is no path into the context, such as order.id"


def _is_window(given: Any) -> bool:
    return type(given) is int and 1 <= given <= LONGEST_WINDOW_S


def _mistakes_in_words(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("title", "message"):
        if name in fields and (why := rendering.mistake(fields[name])):
            yield name, why
