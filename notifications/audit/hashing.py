"""What exactly is hashed. Whoever wants to check the audit with a program of their own finds it all here."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

START = "0" * 64  # what the first batch follows
_ID, _SEAL = 8, 40  # bytes: an id; an id and a hash


class Row(NamedTuple):
    """An entry's columns, in the order in which they are hashed; the last three are not, or as `particulars_hash`."""

    id: int
    at: datetime | None  # None: no time at all, where SQLite was made to keep something else
    actor_id: int | None
    action: str
    entity_type: str
    entity_id: str
    first_id: int | None
    last_id: int | None
    target_user_id: int | None
    particulars_hash: str
    salt: str | None
    actor_name: str
    metadata: Mapping[str, Any]


def seal_of(row: Row) -> bytes:
    """The SHA-256 of one entry."""
    said = [row.id, _moment(row.at), *row[2:9], row.particulars_hash]
    return sha256(_canonical(said)).digest()


def particulars_hash(salt: str, actor_name: str, metadata: Mapping[str, Any]) -> str:
    return sha256(_canonical([salt, actor_name, metadata])).hexdigest()


def batch_hash(number: int, previous: str, sealed_at: datetime, seals: bytes) -> str:
    """It covers count, first and last, too: they are those of `seals`."""
    return sha256(_canonical([number, previous, _moment(sealed_at)]) + b"\n" + seals).hexdigest()


def joined(seals: Sequence[tuple[int, bytes]]) -> bytes:
    """(id, hash) of each entry as one value, in the order of the ids."""
    return b"".join(entry_id.to_bytes(_ID, "big", signed=True) + digest for entry_id, digest in seals)


def apart(seals: bytes) -> Iterator[tuple[int, bytes]]:
    """
    >>> list(apart(joined([(7, b"x" * 32)]))) == [(7, b"x" * 32)]
    True
    """
    for at in range(0, len(seals), _SEAL):
        yield int.from_bytes(seals[at : at + _ID], "big", signed=True), seals[at + _ID : at + _SEAL]


def _canonical(said: Any) -> bytes:
    """JSON with sorted keys, without spaces, in ASCII.

    >>> _canonical({"b": [1, None], "a": "ü"})
    b'{"a":"\\\\u00fc","b":[1,null]}'
    """
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at else None
