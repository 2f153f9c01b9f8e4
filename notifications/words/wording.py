"""What an event says, in every language and on every channel that has words: rendered once, when it is accepted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from django.db.models import QuerySet

from ..events import DEFAULT_LOCALE, Priority, Refused
from ..models import Template
from ..prepared import Prepared
from . import rendering
from .kind import ALL_CHANNELS, ALWAYS_THERE, Kind

LONGEST_TITLE = 255
LONGEST_MESSAGE = rendering.LONGEST_WORDS
MOST_WORK = 4 * rendering.MOST_WORK  # for all languages and channels of one event together
NOBODY = "the system"


@dataclass(frozen=True, slots=True)
class Wording:
    """`words` is what Event.words holds; empty: title and message are all there is."""

    title: str
    message: str
    words: Mapping[str, Mapping[str, Mapping[str, Any]]]
    priority: str


class Place(NamedTuple):
    locale: str
    channel: str


class _Source(NamedTuple):
    """Where the words of one place come from."""

    title: str | None
    message: str | None
    template: Template | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    title: str
    message: str
    template: Template | None


_NOWHERE = _Source(None, None)
GENERAL = Place(DEFAULT_LOCALE, ALL_CHANNELS)


def _in_use(kind: str) -> QuerySet[Template]:
    return Template.objects.filter(kind=kind, is_active=True)


_IN_USE = Prepared(_in_use)


def wording(
    kind: Kind, *, title: str | None, message: str | None, context: Mapping[str, Any], sender: str = ""
) -> Wording:
    """Everything this event will ever say; a title or message that is given is said everywhere.

    Raises Refused: for a variable that any of the words lack, for what is too long, and when there are no words.
    """
    templates = _IN_USE(kind.name)
    given = _Source(title, message)
    filled_in = _plain({ALWAYS_THERE: sender or NOBODY, **context}) if not (title and message) else {}
    sources = _sources(kind, templates)
    places = [GENERAL] if title and message else _places(sources)
    allowance = rendering.Allowance(MOST_WORK)
    said = {place: _said(kind, place, given, sources, filled_in, allowance) for place in places}
    general = said[GENERAL]
    return Wording(general.title, general.message, _as_rows(said), _priority(templates) or kind.priority)


def preview(template: Template, kind: Kind, context: Mapping[str, Any], *, sender: str = "") -> tuple[str, str]:
    """Title and message as this template says them. Raises Refused."""
    place = Place(template.locale, template.channel)
    sources = {**_sources(kind, []), place: [_Source(template.title or None, template.message, template)]}
    sources[place] += _sources(kind, []).get(place, [])
    filled_in = _plain({ALWAYS_THERE: sender or NOBODY, **context})
    said = _said(kind, place, _NOWHERE, sources, filled_in, rendering.Allowance())
    return said.title, said.message


def variables(kind: Kind, templates: Sequence[Template]) -> list[str]:
    """What the context must hold for the words as they are, with these templates among them: dotted paths, sorted."""
    sources, found = _sources(kind, templates), set(kind.sent_to_whatsapp)
    for place in _places(sources):
        titled, worded = _chosen(place, sources)
        found |= {*rendering.required(titled.title or ""), *rendering.required(worded.message or "")}
    return sorted(found - {ALWAYS_THERE})


# --- which words ------------------------------------------------------------
def _sources(kind: Kind, templates: Sequence[Template]) -> dict[Place, list[_Source]]:
    """Per place, what staff wrote before what the catalogue says."""
    found: dict[Place, list[_Source]] = {GENERAL: []}
    for template in templates:
        source = _Source(template.title or None, template.message, template)
        found.setdefault(Place(template.locale, template.channel), []).append(source)
    for words in kind.wordings:
        source = _Source(words.title, words.message)
        found.setdefault(Place(words.locale, words.channel), []).append(source)
    return found


def _places(sources: Mapping[Place, object]) -> list[Place]:
    """Every place with words, and each of their languages in general: the nearest is looked up there.

    The usual one comes first: what it lacks is not said to be missing in some language.
    """
    places = {*sources, *(Place(place.locale, ALL_CHANNELS) for place in sources)}
    return sorted(places, key=lambda place: (place != GENERAL, place))


def _nearest(place: Place, sources: Mapping[Place, Sequence[_Source]]) -> Iterator[_Source]:
    """The place itself, its language in general, then the same in the default language."""
    for near in dict.fromkeys(
        (place, place._replace(channel=ALL_CHANNELS), place._replace(locale=DEFAULT_LOCALE), GENERAL)
    ):
        yield from sources.get(near, ())


def _chosen(place: Place, sources: Mapping[Place, Sequence[_Source]]) -> tuple[_Source, _Source]:
    """Where the title comes from, and where the message."""
    chain = list(_nearest(place, sources))
    titled = next((source for source in chain if source.title is not None), _NOWHERE)
    return titled, next((source for source in chain if source.message is not None), _NOWHERE)


def _priority(templates: Sequence[Template]) -> str | None:
    """The general template's; else the highest that any of them wants."""
    wanted = {Place(one.locale, one.channel): Priority(one.priority) for one in templates if one.priority}
    return wanted.get(GENERAL) or max(wanted.values(), key=lambda priority: priority.rank, default=None)


# --- saying them ------------------------------------------------------------
def _said(
    kind: Kind,
    place: Place,
    given: _Source,
    sources: Mapping[Place, Sequence[_Source]],
    context: Mapping[str, Any],
    allowance: rendering.Allowance,
) -> _Said:
    titled, worded = _chosen(place, sources)
    title = given.title or " ".join(_rendered("title", titled.title or "", place, context, allowance).split())
    message = given.message or _rendered("message", worded.message or "", place, context, allowance).strip()
    if not message and worded.message is not None:
        raise Refused("context", f"The message of this kind comes out empty with it{_in(place)}.", "unusable_context")
    if not message.strip():
        raise Refused("message", f"The kind {kind.name} has no words of its own: say the message.", "required")
    title = title or kind.name.replace("_", " ").capitalize()
    _refuse_long("title", title, LONGEST_TITLE, place)
    _refuse_long("message", message, LONGEST_MESSAGE, place)
    return _Said(title, message, (titled if given.message else worded).template)


def _rendered(field: str, words: str, place: Place, context: Mapping[str, Any], allowance: rendering.Allowance) -> str:
    try:
        return rendering.render(words, context, allowance=allowance)
    except rendering.MissingVariable as missing:
        why = f"The {field} of this kind needs it{_in(place)}."
        raise Refused(f"context.{missing.name}", why, "missing_variable") from missing
    except rendering.CannotRender as error:
        why = f"The {field} of this kind does not work out with it{_in(place)}: {error}."
        raise Refused("context", why, "unusable_context") from error


def _refuse_long(field: str, text: str, most: int, place: Place) -> None:
    if len(text) > most:
        raise Refused(field, f"At most {most:,} characters{_in(place)}; these are {len(text):,}.", "max_length")


def _in(place: Place) -> str:
    if place == GENERAL:
        return ""
    return f" in {place.locale}" + (f" on {place.channel}" if place.channel else "")


def _plain(context: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON has it: no object with attributes or methods ever reaches a template."""
    try:
        plain: dict[str, Any] = orjson.loads(orjson.dumps(dict(context)))
    except TypeError as error:
        raise Refused("context", f"{error}.") from error
    return plain


def _as_rows(said: Mapping[Place, _Said]) -> dict[str, dict[str, dict[str, Any]]]:
    """{locale: {channel: {title, message, version, template}}}, without what the nearest says anyway."""
    rows: dict[str, dict[str, dict[str, Any]]] = {}
    for place, words in said.items():
        near = said[place._replace(channel=ALL_CHANNELS)] if place.channel else said[GENERAL]
        if place == GENERAL or words != near:
            rows.setdefault(place.locale, {})[place.channel] = _row(words)
    for locale in set(rows) - {DEFAULT_LOCALE}:
        rows[locale].setdefault(ALL_CHANNELS, _row(said[Place(locale, ALL_CHANNELS)]))
    is_all_there_is = list(rows) == [DEFAULT_LOCALE] and list(rows[DEFAULT_LOCALE]) == [ALL_CHANNELS]
    return {} if is_all_there_is and said[GENERAL].template is None else rows


def _row(words: _Said) -> dict[str, Any]:
    pinned = {"version": words.template.version, "template": words.template.pk} if words.template else {"version": None}
    return {"title": words.title, "message": words.message, **pinned}
