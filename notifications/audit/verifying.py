"""Verifying: everything that was sealed is hashed again, batch by batch, and what differs is named.

Memory is bounded: one batch and its entries at a time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef

from ..models import AuditBatch, AuditEntry
from . import guard
from .hashing import START, Row, apart, batch_hash, particulars_hash, seal_of

ERASED = "person.erased"  # the act after which the particulars of a person's entries may be gone
_AT_ONCE = 20  # batches


@dataclass(frozen=True)
class Finding:
    """What is not as it was sealed, and where."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass
class Verification:
    """One pass over the whole audit. After it: how much was looked at, and the last hash."""

    noted_head: str | None = None  # a hash that was written down elsewhere: it must still be in the chain
    progress: Callable[[int, int], None] = lambda batches, of: None
    batches: int = 0
    entries: int = 0
    head: str = START
    _erased: set[int] = field(default_factory=set)

    def findings(self) -> Iterator[Finding]:
        is_there = self.noted_head in (None, START)
        self._erased = _erased_people()
        of = AuditBatch.objects.count()
        for batch in AuditBatch.objects.order_by("number").iterator(chunk_size=_AT_ONCE):
            yield from self._check_place(batch)
            yield from self._check_entries(batch)
            self.batches, self.head = batch.number, batch.hash
            is_there = is_there or batch.hash == self.noted_head
            self.progress(self.batches, of)
        if not is_there:
            said = f"{self.noted_head} is not in it: what was sealed by then has been cut off or written anew"
            yield Finding("the chain", said)
        yield from _strays()
        for name in guard.missing(connection):
            yield Finding("the database", f"the trigger {name} does not stand; `manage.py prepare` puts it up")

    def _check_place(self, batch: AuditBatch) -> Iterator[Finding]:
        """The batch's own row, and that it follows the one before."""
        where, seals = f"batch {batch.number}", _bytes(batch.seals)
        if batch.number != self.batches + 1:
            yield Finding(where, f"batches {self.batches + 1} to {batch.number - 1} are gone")
        elif batch.previous != self.head:
            yield Finding(where, "it does not follow the batch before, which has another hash")
        ids = [entry_id for entry_id, _ in apart(seals)]
        said = (batch.count, batch.first_id, batch.last_id)
        is_true = batch.hash == batch_hash(batch.number, batch.previous, batch.sealed_at, seals)
        if not is_true or said != (len(ids), ids[0] if ids else None, ids[-1] if ids else None):
            yield Finding(where, "its own row was changed")

    def _check_entries(self, batch: AuditBatch) -> Iterator[Finding]:
        where, sealed = f"batch {batch.number}, entry", dict(apart(_bytes(batch.seals)))
        there = AuditEntry.objects.filter(batch=batch.number).order_by("id").values_list(*Row._fields)
        for row in map(Row._make, there.iterator()):
            self.entries += 1
            seal = sealed.pop(row.id, None)
            if seal is None:
                yield Finding(f"{where} {row.id}", "it was not there when the batch was sealed")
            elif seal != seal_of(row):
                yield Finding(f"{where} {row.id}", "it was changed")
            elif problem := self._particulars(row):
                yield Finding(f"{where} {row.id}", problem)
        for entry_id in sealed:
            yield Finding(f"{where} {entry_id}", "it is gone from its batch")

    def _particulars(self, row: Row) -> str | None:
        if row.salt is not None:
            is_true = row.particulars_hash == particulars_hash(row.salt, row.actor_name, row.metadata)
            return None if is_true else "its name or metadata were changed"
        if row.actor_name or row.metadata:
            return "its name or metadata were put in after they had been erased"
        if not self._erased & {row.actor_id, row.target_user_id}:
            return "its name and metadata are gone, and nobody whom it names has been erased"
        return None


def waiting() -> int:
    """Entries that are not sealed yet."""
    return AuditEntry.objects.filter(batch=None).count()


def _bytes(seals: Any) -> bytes:
    """SQLite keeps whatever it is given in any column."""
    return bytes(seals) if isinstance(seals, bytes | memoryview) else b""


def _erased_people() -> set[int]:
    erased = AuditEntry.objects.filter(action=ERASED).values_list("target_user_id", flat=True)
    return {user_id for user_id in erased if user_id is not None}


def _strays() -> Iterator[Finding]:
    """Entries that say they are in a batch that there is not: their batch was removed."""
    theirs = AuditBatch.objects.filter(pk=OuterRef("batch"))
    lost = AuditEntry.objects.filter(~Exists(theirs), batch__isnull=False).order_by("batch", "id")
    for number, entry_id in lost.values_list("batch", "id").iterator():
        yield Finding(f"batch {number}, entry {entry_id}", "there is no such batch")
