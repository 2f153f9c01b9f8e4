"""The audit as comma-separated values: streamed, a bounded part, and harmless in a spreadsheet."""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import QuerySet

from ...models import AuditEntry
from ...wire import moment

MOST = 100_000  # entries
CHUNK = 1_000
COLUMNS = ("id", "at", "actor_id", "actor", "action", "entity_type", "entity_id", "target_user_id", "metadata")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run what begins so


def parts(entries: QuerySet[AuditEntry], *, most: int = MOST, chunk: int = CHUNK) -> Iterator[str]:
    """The newest first, a keyset page at a time; a last line says so where there would have been more."""
    yield _lines([COLUMNS])
    below, left = None, most
    newest = entries.order_by("-pk")
    while page := list((newest.filter(pk__lt=below) if below else newest)[: min(chunk, left + 1)]):
        if left == 0:
            yield _lines([[f"More than {most} entries: narrow it down, or go on below entry {below}."]])
            return
        shown = page[:left]
        yield _lines([harmless(value) for value in _values(entry)] for entry in shown)
        left, below = left - len(shown), shown[-1].pk


async def without_blocking(parts: Iterator[str]) -> AsyncIterator[str]:
    """The same for a server that serves asynchronously: it would gather all of an ordinary iterator first."""
    advance: Any = sync_to_async(next)
    while (part := await advance(parts, None)) is not None:
        yield part


def _lines(rows: Iterable[Sequence[Any]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()


def _values(entry: AuditEntry) -> tuple[Any, ...]:
    who = (entry.actor_id, entry.actor_name)
    about = (entry.action, entry.entity_type, entry.entity_id, entry.target_user_id)
    return (entry.pk, moment(entry.at), *who, *about, json.dumps(entry.metadata, ensure_ascii=False))


def harmless(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula begins with an apostrophe.

    >>> harmless("=HYPERLINK(1)"), harmless("anna"), harmless(-1)
    ("'=HYPERLINK(1)", 'anna', -1)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
