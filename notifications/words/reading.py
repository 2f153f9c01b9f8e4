"""A catalogue file, read with all its mistakes: each with line, kind and field, so that it is found at once."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..events import DEFAULT_LOCALE, Category, Channel, Priority
from . import rendering
from .kind import (
    ALL_CHANNELS,
    ALWAYS_THERE,
    DEFAULT_CHANNELS,
    WITH_OWN_WORDS,
    Kind,
    WhatsappTemplate,
    Words,
    canonical,
    is_locale,
)

LONGEST_NAME = 64
LONGEST_WINDOW_S = 7 * 86_400
_FLAGS = ("requires_acknowledgment", "mandatory", "collapse")
_PATH = re.compile(r"[A-Za-z_]\w*(\.\w+)*")
_QUOTES = re.compile(r"[\"'\s]")
_FIELDS = {"category", "priority", "title", "message", "channels", "digest", "whatsapp_template", "example", *_FLAGS}
Found = tuple[str, str]  # field, what is wrong with it


@dataclass(frozen=True)
class Mistake:
    file: str
    line: int
    kind: str
    field: str
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: [{self.kind}] {self.field}: {self.why}"


def read(path: Path) -> tuple[list[Kind], list[Mistake]]:
    """The kinds without mistakes, and the mistakes of the others."""
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        return [], [Mistake(path.name, 1, "", "file", str(error))]
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        return [], [Mistake(path.name, int(at[1]) if at else text.count("\n") + 1, "", "file", str(error))]
    kinds, mistakes = [], []
    for name, fields in tables.items():
        found = [
            Mistake(path.name, line_of(text, name, field), name, field, why) for field, why in _wrong(name, fields)
        ]
        mistakes += found
        if not found:
            kinds.append(_kind(name, fields))
    return kinds, mistakes


def line_of(text: str, kind: str, field: str = "") -> int:
    """The line of a kind's field, such as `de.email.title`; else of the nearest table around it."""
    wanted = f"{kind}.{field}".rstrip(".")
    table, found, depth = "", 1, 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[([^\]=]+)\]", line):
            here = table = _QUOTES.sub("", header[1])
        elif key := re.match(r"\s*([\w\"'.\s-]+?)\s*=", line):
            here = ".".join(filter(None, [table, _QUOTES.sub("", key[1])]))
        else:
            continue
        if f"{wanted}.".startswith(f"{here}.") and len(here) > depth:
            found, depth = number, len(here)
    return found


# --- what is written there --------------------------------------------------
def _kind(name: str, fields: Mapping[str, Any]) -> Kind:
    digest, approved = fields.get("digest", {}), fields.get("whatsapp_template")
    return Kind(
        name=name,
        category=fields["category"],
        priority=fields["priority"],
        title=fields.get("title"),
        message=fields.get("message"),
        channels=tuple(fields.get("channels", DEFAULT_CHANNELS)),
        **{flag: fields.get(flag, False) for flag in _FLAGS},
        digest_window_s=digest.get("window_s"),
        digest_key=digest.get("key"),
        whatsapp_template=_approved(approved) if approved else None,
        words=tuple(_words(fields)),
        example=fields.get("example", {}),
    )


def _approved(given: Mapping[str, Any]) -> WhatsappTemplate:
    return WhatsappTemplate(
        name=given["name"], languages=tuple(given["languages"]), variables=tuple(given.get("variables", ()))
    )


def _words(fields: Mapping[str, Any]) -> Iterator[Words]:
    """Tables named after a language, a channel, or a channel within a language."""
    for name, table in fields.items():
        if name in WITH_OWN_WORDS:
            yield _said(DEFAULT_LOCALE, name, table)
        elif name not in _FIELDS:
            if set(table) & {"title", "message"}:
                yield _said(name, ALL_CHANNELS, table)
            yield from (_said(name, channel, table[channel]) for channel in table if channel in WITH_OWN_WORDS)


def _said(locale: str, channel: str, table: Mapping[str, str]) -> Words:
    return Words(locale=locale, channel=channel, title=table.get("title"), message=table.get("message"))


# --- what is wrong with it --------------------------------------------------
def _wrong(name: str, fields: Any) -> Iterator[Found]:
    if not isinstance(fields, Mapping):
        yield "kind", "write it as a table"
        return
    if canonical(name) != name or not re.fullmatch(rf"[a-z][a-z0-9_]{{0,{LONGEST_NAME - 1}}}", name):
        yield "name", f"write it in at most {LONGEST_NAME} letters, digits and _, such as {canonical(name)!r}"
    for field, known in (("category", Category.values), ("priority", Priority.values)):
        if fields.get(field) not in known:
            yield field, f"{fields.get(field)!r} is none of {', '.join(known)}"
    yield from _wrong_channels(fields.get("channels", []))
    for flag in _FLAGS:
        if not isinstance(fields.get(flag, False), bool):
            yield flag, "is neither true nor false"
    yield from _wrong_digest(fields.get("digest", {"window_s": 1}))
    yield from _wrong_whatsapp(fields.get("whatsapp_template", {"name": "x", "languages": ["en"]}))
    words = list(_wrong_words(fields))
    yield from words or _wrong_example(fields)


def _wrong_channels(channels: Any) -> Iterator[Found]:
    if not _are_texts(channels):
        yield "channels", 'write it as a list, such as ["inbox", "email"]'
        return
    for strange in [channel for channel in channels if channel not in Channel.values]:
        yield "channels", f"{strange!r} is none of {', '.join(Channel.values)}"


def _wrong_digest(digest: Any) -> Iterator[Found]:
    if not isinstance(digest, Mapping) or not {"window_s"} <= set(digest) <= {"window_s", "key"}:
        yield "digest", 'write it as { window_s = 3600 }, with key = "a.path" where it is gathered by something'
    elif type(digest["window_s"]) is not int or not 1 <= digest["window_s"] <= LONGEST_WINDOW_S:
        yield "digest", f"window_s: {digest['window_s']!r} is no number of seconds from 1 to {LONGEST_WINDOW_S}"
    elif not _PATH.fullmatch(str(digest.get("key", "_"))):
        yield "digest", f"key: {digest['key']!r} is no path into the context, such as order.id"


def _wrong_whatsapp(given: Any) -> Iterator[Found]:
    if not isinstance(given, Mapping) or not {"name", "languages"} <= set(given) <= {"name", "languages", "variables"}:
        yield "whatsapp_template", 'write it as { name = "…", languages = ["en"], variables = ["order_id"] }'
    elif not isinstance(given["name"], str) or not re.fullmatch(r"[a-z0-9_]+", given["name"]):
        yield "whatsapp_template", f"name: {given['name']!r} is not the name of an approved template"
    elif not _are_texts(given["languages"]) or not given["languages"]:
        yield "whatsapp_template", "languages: name those in which it is approved"
    elif not _are_texts(given.get("variables", [])) or not all(map(_PATH.fullmatch, given.get("variables", []))):
        yield "whatsapp_template", "variables: write paths into the context, in the template's order"


def _wrong_words(fields: Mapping[str, Any]) -> Iterator[Found]:
    """Of the kind itself, and of each table for a language or a channel."""
    yield from _wrong_templates("", fields)
    for name, table in fields.items():
        if name in _FIELDS:
            continue
        if not isinstance(table, Mapping) or not (name in WITH_OWN_WORDS or is_locale(name)):
            yield name, f"is no field of a kind, no language, and none of {', '.join(WITH_OWN_WORDS)}"
        elif name == DEFAULT_LOCALE:
            yield name, "the kind's own words are in this language: write them there"
        else:
            yield from _wrong_table(name, table, within=() if name in WITH_OWN_WORDS else WITH_OWN_WORDS)


def _wrong_table(name: str, table: Mapping[str, Any], *, within: tuple[Channel, ...]) -> Iterator[Found]:
    yield from _wrong_templates(f"{name}.", table)
    if not table:
        yield name, "says neither title nor message"
    for field, inner in table.items():
        if field in ("title", "message"):
            continue
        if field in within and isinstance(inner, Mapping):
            yield from _wrong_table(f"{name}.{field}", inner, within=())
        else:
            yield f"{name}.{field}", f"here may stand {', '.join(['title', 'message', *within])}"


def _wrong_templates(prefix: str, table: Mapping[str, Any]) -> Iterator[Found]:
    for field in ("title", "message"):
        given = table.get(field, "")
        if not isinstance(given, str):
            yield prefix + field, "write it as text"
        elif why := rendering.mistake(given):
            yield prefix + field, why


def _wrong_example(fields: Mapping[str, Any]) -> Iterator[Found]:
    """An example that its own words cannot be filled in with helps nobody."""
    example = fields.get("example", {})
    if not isinstance(example, Mapping):
        yield "example", "write it as { order_id = 7 }"
    elif example:
        for words in [Words(title=fields.get("title"), message=fields.get("message")), *_words(fields)]:
            try:
                [rendering.render(template, {ALWAYS_THERE: "Ada", **example}) for template in words.templates]
            except rendering.MissingVariable as missing:
                yield "example", f"lacks {missing.name}, which the words need"
            except rendering.CannotRender as error:
                yield "example", f"the words do not work out with it: {error}"


def _are_texts(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(one, str) for one in given)
