"""The kinds of notification: what each says by default, how urgent it is, where it goes. One TOML file per domain."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.conf import settings

from . import reading
from .kind import Kind, Words, canonical

__all__ = ["BrokenCatalogue", "Kind", "Words", "canonical", "files", "find", "kinds", "mistakes"]

_OWN = Path(__file__).parent / "kinds"


class BrokenCatalogue(Exception):
    """A kinds file that cannot be used; the message says file, line, kind and field."""


def find(spelling: str) -> Kind | None:
    """The kind of that name, in whatever spelling; None when the catalogue has none."""
    return kinds().get(canonical(spelling))


@cache
def kinds() -> dict[str, Kind]:
    """Every kind by name. Raises BrokenCatalogue."""
    if found := next(mistakes(), None):
        raise BrokenCatalogue(str(found))
    return {kind.name: kind for path in files() for kind in reading.read(path)[0]}


def mistakes() -> Iterator[reading.Mistake]:
    """Everything that is wrong with the files, in their order."""
    at_home: dict[str, str] = {}
    for path in files():
        kinds, wrong = reading.read(path)
        yield from wrong
        for kind in kinds:
            if kind.name in at_home:
                line = reading.line_of(path.read_text(encoding="utf-8"), kind.name)
                why = f"there is a kind of this name already, in {at_home[kind.name]}"
                yield reading.Mistake(path.name, line, kind.name, "name", why)
            at_home.setdefault(kind.name, path.name)


def files() -> list[Path]:
    """Our own, and those that the host names in NOTIFICATION_CATALOGUES."""
    return [*sorted(_OWN.glob("*.toml")), *map(Path, getattr(settings, "NOTIFICATION_CATALOGUES", []))]
