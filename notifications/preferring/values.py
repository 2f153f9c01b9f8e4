"""One value a person says: as it is stored, or a refusal that names its place."""

import re
from collections.abc import Callable
from datetime import time
from difflib import get_close_matches
from typing import Any

from ..deciding import quiet_hours
from ..events import Category, Priority, Refused
from ..words import catalogue
from ..words.catalogue import Kind

MOST_MUTED = 1000  # in one list
LONGEST = {"muted_sources": 64, "muted_tags": 64, "muted_threads": 128}  # as events have them
LONGEST_AGE_S = 366 * 86_400
LONGEST_WINDOW_S = 7 * 86_400
_LOCALE = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{2,8})*)")
_LONGEST_LOCALE = 16
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")


def quoted(value: Any) -> str:
    """What was said, short enough for an answer."""
    said = repr(value)
    return said if len(said) <= 80 else said[:80] + "…"


def text(value: Any, place: str, *, longest: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Refused(place, "Say a text.")
    if len(value) > longest:
        raise Refused(place, f"No longer than {longest} characters.", "too_long")
    return value.strip()


def number(value: Any, place: str, *, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(place, "Say a whole number of seconds.")
    if not least <= value <= most:
        raise Refused(place, f"Between {least} and {most} seconds.", "out_of_range")
    return value


def yes_or_no(value: Any, place: str) -> bool:
    if not isinstance(value, bool):
        raise Refused(place, "Say true or false; null for the default.")
    return value


def each(value: Any, place: str, *, is_read: Callable[[Any, str], Any]) -> list[Any]:
    """A list, each of its members once, in order."""
    if not isinstance(value, list):
        raise Refused(place, "Send a list.")
    if len(value) > MOST_MUTED:
        raise Refused(place, f"No more than {MOST_MUTED} in a list.", "too_many")
    return sorted({is_read(one, f"{place}.{index}") for index, one in enumerate(value)})


def parts(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused(place, "Send a JSON object.")
    return value


# --- words of a known list --------------------------------------------------


def zone(value: Any, place: str) -> str:
    name = text(value, place, longest=64)
    if name not in quiet_hours.zones():
        near = get_close_matches(name, quiet_hours.zones(), n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise Refused(place, f"There is no time zone {quoted(name)}; write an IANA name, such as Europe/Berlin.{hint}")
    return name


def locale(value: Any, place: str) -> str:
    """In the usual spelling: pt-BR."""
    found = _LOCALE.fullmatch(text(value, place, longest=_LONGEST_LOCALE))
    if not found:
        raise Refused(place, "A language such as de, or pt-BR with its region.")
    language, rest = found.groups()
    others = [part.upper() if len(part) == 2 else part.title() for part in re.split("[-_]", rest)[1:]]
    return "-".join([language.lower(), *others])


def priority(value: Any, place: str) -> int:
    """Its rank."""
    word = value.lower() if isinstance(value, str) else value
    if word not in Priority.values:
        raise Refused(place, f"{quoted(value)} is none of {', '.join(Priority.values)}.")
    return Priority(word).rank


def category(value: Any, place: str) -> str:
    word = value.lower() if isinstance(value, str) else value
    if word not in Category.values:
        raise Refused(place, f"{quoted(value)} is none of {', '.join(Category.values)}.")
    return str(word)


def kind(value: Any, place: str) -> Kind:
    """By any of its spellings."""
    found = catalogue.find(value) if isinstance(value, str) else None
    if found is None:
        raise Refused(place, f"There is no kind {quoted(value)}.", "unknown_kind")
    return found


def is_mandatory(kind: Kind | None) -> bool:
    """Nobody can switch it off, mute it or unsubscribe from it."""
    return kind is not None and kind.is_mandatory


def to_mute(value: Any, place: str) -> str:
    muted = kind(value, place)
    if is_mandatory(muted):
        raise Refused(place, f"{muted.name} is mandatory: it cannot be muted.", "mandatory")
    return muted.name


def category_to_mute(value: Any, place: str) -> str:
    """Where there is nothing in it but mandatory kinds, it would be a promise that nobody keeps."""
    word = category(value, place)
    members = [kind for kind in catalogue.kinds().values() if kind.category == word]
    if members and all(map(is_mandatory, members)):
        raise Refused(place, f"All kinds of {word} are mandatory: they cannot be muted.", "mandatory")
    return word


def only_categories(value: Any, place: str) -> list[str]:
    if value == []:
        raise Refused(place, "An empty list would leave nothing. Send null for all categories.")
    return each(value, place, is_read=category)


def clock_time(value: Any, place: str) -> time:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise Refused(place, "A time of day from 00:00 to 23:59, such as 22:00.")
    hour, minute, second = (int(part or 0) for part in found.groups())
    return time(hour, minute, second)
