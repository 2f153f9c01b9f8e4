"""What a connection has missed (backlog.py), and what it was sent and has not acknowledged (unacked.py)."""

from .backlog import MOST_ROWS, SMALL_GAP, Backlog, Question, Row, read, reader
from .unacked import MOST_UNACKED, MOST_UNACKED_BYTES, Sent, Unacked, in_runs

__all__ = [
    "MOST_ROWS",
    "MOST_UNACKED",
    "MOST_UNACKED_BYTES",
    "SMALL_GAP",
    "Backlog",
    "Question",
    "Row",
    "Sent",
    "Unacked",
    "in_runs",
    "read",
    "reader",
]
