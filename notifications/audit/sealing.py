"""Sealing: what has been written is hashed in batches, each of which holds the hash of the one before.

Taken is whatever has no batch yet, never a range of ids: an entry that commits late has an id below others long sealed.
"""

import logging
import secrets
from collections.abc import Sequence
from typing import NamedTuple

from django.db import transaction

from ..database import database_now, hold
from ..many import update_each
from ..models import AuditBatch, AuditEntry
from .hashing import START, Row, batch_hash, joined, particulars_hash, seal_of

log = logging.getLogger("tidings.audit")
BATCH = 1000  # entries
_SALT_BYTES = 16


class Head(NamedTuple):
    """The last batch; its hash covers every entry sealed so far."""

    number: int
    hash: str


def is_waiting() -> bool:
    """Whether there is anything to seal."""
    return AuditEntry.objects.filter(batch=None).exists()


def head() -> Head:
    last = AuditBatch.objects.order_by("-number").values_list("number", "hash").first()
    return Head(*last) if last else Head(0, START)


@transaction.atomic
def seal_next() -> int:
    """Seal one batch of what waits; how many entries. A crash leaves them as they were.

    Any number may call this: they take turns, and the batch's number, taken once, fences whoever does not.
    """
    hold("the audit's seal")
    rows = _waiting()
    if not rows:
        return 0
    salted = [_salted(row) for row in rows]
    batch = _batch_of(salted)
    batch.save(force_insert=True)
    update_each(
        AuditEntry,
        ["salt", "particulars_hash", "batch"],
        [(row.id, row.salt, row.particulars_hash, batch.number) for row in salted],
    )
    about = {"batch": batch.number, "count": batch.count, "head": batch.hash}
    transaction.on_commit(lambda: log.info("audit sealed", extra=about), robust=True)
    return len(rows)


def _waiting() -> Sequence[Row]:
    """The oldest without a batch, held: nobody erases their particulars between reading and sealing them."""
    entries = AuditEntry.objects.filter(batch=None).order_by("id").select_for_update(no_key=True)
    return [Row(*row) for row in entries.values_list(*Row._fields)[:BATCH]]


def _batch_of(rows: Sequence[Row]) -> AuditBatch:
    last, now = head(), database_now()
    seals = joined([(row.id, seal_of(row)) for row in rows])
    return AuditBatch(
        number=last.number + 1,
        previous=last.hash,
        hash=batch_hash(last.number + 1, last.hash, now, seals),
        seals=seals,
        count=len(rows),
        first_id=rows[0].id,
        last_id=rows[-1].id,
        sealed_at=now,
    )


def _salted(row: Row) -> Row:
    salt = secrets.token_hex(_SALT_BYTES)
    return row._replace(salt=salt, particulars_hash=particulars_hash(salt, row.actor_name, row.metadata))
