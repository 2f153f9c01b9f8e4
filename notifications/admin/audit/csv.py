"""The audit as comma-separated values: streamed, a bounded part, and harmless in a spreadsheet."""

import csv
import json
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from ...models import AuditEntry
from ...wire import moment

MOST = 100_000  # entries
CHUNK = 1_000
COLUMNS = ("id", "at", "actor_id", "actor", "action", "entity_type", "entity_id", "target_user_id", "metadata")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run what begins so


class _Echo:
    """What csv writes to: it hands back what it is given."""

    def write(self, line: str) -> str:
        return line


def lines(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    """The newest first, a keyset page at a time; a last line says so where there would have been more."""
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    below, left = None, MOST
    newest = entries.order_by("-pk")
    while page := list((newest.filter(pk__lt=below) if below else newest)[: min(CHUNK, left + 1)]):
        if left == 0:
            yield writer.writerow([f"More than {MOST} entries: narrow it down, or go on below entry {below}."])
            return
        shown = page[:left]
        for entry in shown:
            yield writer.writerow([harmless(value) for value in _values(entry)])
        left, below = left - len(shown), shown[-1].pk


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
