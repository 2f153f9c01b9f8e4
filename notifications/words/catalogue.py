"""The kinds of notification: what each says by default, how urgent it is, where it goes. Data, one TOML file per domain."""

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

    @property
    def variables(self) -> list[str]:
        """What the context must hold for the words: dotted paths, sorted."""
        found = {name for words in (self.title, self.message) if words for name in rendering.variables(words)}
        return sorted(found)


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
    return {kind.name: kind for path in files() for kind in _read(path)}


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
    def broken(field: str, why: str) -> BrokenCatalogue:
        return BrokenCatalogue(f"{file}: [{name}] {field}: {why}")

    unknown = set(fields) - set(Kind.__dataclass_fields__) | ({"name"} & set(fields))
    if unknown:
        raise broken(sorted(unknown)[0], "is not a field of a kind")
    if canonical(name) != name:
        raise broken("name", f"write it as {canonical(name)!r}")
    if fields.get("category") not in Category.values:
        raise broken("category", f"{fields.get('category')!r} is none of {', '.join(Category.values)}")
    if fields.get("priority") not in Priority.values:
        raise broken("priority", f"{fields.get('priority')!r} is none of {', '.join(Priority.values)}")
    if strange := set(fields.get("channels", ())) - set(Channel.values):
        raise broken("channels", f"{sorted(strange)[0]!r} is no channel")
    for words in ("title", "message"):
        if (text := fields.get(words)) and (why := rendering.mistake(text)):
            raise broken(words, why)
    return Kind(name=name, **{**fields, "channels": tuple(fields.get("channels", _DEFAULT_CHANNELS))})
