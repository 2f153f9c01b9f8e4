"""What is sent: the whole notification object of docs/protocol.md §3, with a number in it, the same for every stack."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from notifications.live.rings import NewRing

from .. import stage

FIRST_SINGLE = 10_000_000


class Numbered:
    """Messages by number, for peers: they have no rows."""

    def __init__(self, people: int) -> None:
        self.people = people
        self._next = 0

    def to_all(self) -> tuple[int, NewRing | None]:
        """The next broadcast's number, and its ring."""
        self._next += 1
        return self._next - 1, None

    def to_each(self) -> Iterator[tuple[int, int, NewRing | None]]:
        """The next broadcast told one by one, in any order: (number, which person, ring)."""
        broadcast, ring = self.to_all()
        for index in random.sample(range(self.people), self.people):
            number = FIRST_SINGLE + broadcast * self.people + index
            yield number, index, ring and _for_one(ring, broadcast, number, index)


class Written(Numbered):
    """Rows for everybody, committed beforehand; nobody has been told."""

    def __init__(self, people: int, broadcasts: int) -> None:
        super().__init__(people)
        self._rings = stage.write_broadcasts(broadcasts)

    def to_all(self) -> tuple[int, NewRing | None]:
        number, _ = super().to_all()
        return number, self._rings[number]


def _for_one(ring: NewRing, broadcast: int, number: int, index: int) -> NewRing:
    assert ring.tail
    tail = ring.tail.replace(b'"n":%d' % broadcast, b'"n":%d' % number)
    return replace(ring, name="notification", tail=tail, heads=[ring.heads[index]])


def payload(number: int) -> dict[str, Any]:
    """The object that a peer sends."""
    return {**_sample(), "data": {"n": number}}


def _sample() -> dict[str, Any]:
    if not _found:
        (ring,) = stage.write_broadcasts(1)
        _found.update({"id": 1_234_567, "seq": 123, **json.loads(ring.tail)})
    return _found


_found: dict[str, Any] = {}
