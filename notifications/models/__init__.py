"""The rows, by concept. What each column means for clients: docs/protocol.md."""

from .audit import AuditEntry
from .connection import Connection, Server
from .event import Event, IdempotencyKey, Installation
from .notification import Inbox, Live, NotificationLog, Withdrawn, unexpired

__all__ = [
    "AuditEntry",
    "Connection",
    "Event",
    "IdempotencyKey",
    "Inbox",
    "Installation",
    "Live",
    "NotificationLog",
    "Server",
    "Withdrawn",
    "unexpired",
]
