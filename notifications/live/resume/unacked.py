"""What a connection was sent and has not acknowledged."""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import takewhile
from operator import itemgetter
from time import monotonic

MOST_UNACKED = 256  # frames
MOST_UNACKED_BYTES = 256 * 1024
MOST_REMEMBERED = 1024  # frames of a client that never acknowledges
TOGETHER_S = 0.05  # frames of one burst share the moment of the first

# row id, seq, bytes, and the monotonic clock when it was written: a tuple, for every frame of every socket makes one
Sent = tuple[int, int, int, float]
_SEQ = itemgetter(1)


def in_runs(frames: Iterable[Sent]) -> list[list[Sent]]:
    """Frames of successive seq that were sent together: one statement can say of them all when they were."""
    runs: list[list[Sent]] = []
    last_seq, last_clock = 0, 0.0
    for sent in frames:
        _, seq, _, clock = sent
        if runs and seq == last_seq + 1 and clock - last_clock < TOGETHER_S:
            runs[-1].append(sent)
        else:
            runs.append([sent])
        last_seq, last_clock = seq, clock
    return runs


class Unacked:
    """The frames that a client has still to acknowledge. One that never does must not starve: it is never full."""

    def __init__(self) -> None:
        self.frames: list[Sent] = []  # an empty deque takes 700 bytes more, and most sockets are idle
        self.is_full = False
        self.forgotten = 0  # up to this seq, frames are no longer remembered: their ack goes by range
        self._noted = 0  # up to this seq, the database knows that they were sent
        self._size = 0
        self._has_acked = False

    def add(self, row_id: int, seq: int, size: int) -> None:
        self.frames.append((row_id, seq, size, monotonic()))
        self._size += size
        if self._has_acked:
            self.is_full = len(self.frames) >= MOST_UNACKED or self._size >= MOST_UNACKED_BYTES
        elif len(self.frames) > MOST_REMEMBERED:
            _, self.forgotten, forgotten_size, _ = self.frames.pop(0)
            self._size -= forgotten_size

    def take_up_to(self, seq: int) -> list[Sent]:
        count = bisect_right(self.frames, seq, key=_SEQ)
        taken, self.frames = self.frames[:count], self.frames[count:]
        return self._took(taken)

    def take_one(self, row_id: int) -> list[Sent]:
        taken = [sent for sent in self.frames if sent[0] == row_id]
        for sent in taken:
            self.frames.remove(sent)
        return self._took(taken)

    def unnoted(self, before: float) -> list[Sent]:
        """Written by then, and the database does not know it; oldest first."""
        old = takewhile(lambda sent: sent[3] <= before, self.frames)
        return [sent for sent in old if sent[1] > self._noted]

    def note(self, newest: Sent) -> None:
        """The database knows that everything up to here was sent."""
        self._noted = newest[1]

    def clear(self) -> None:
        self.frames.clear()
        self._size = self._noted = 0
        self.is_full = False

    def _took(self, taken: list[Sent]) -> list[Sent]:
        self._has_acked = True
        self._size -= sum(size for _, _, size, _ in taken)
        self.is_full = len(self.frames) >= MOST_UNACKED or self._size >= MOST_UNACKED_BYTES
        return taken
