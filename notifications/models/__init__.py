"""The rows, by concept. What each column means for clients: docs/protocol.md."""

from .audit import AuditEntry
from .connection import Connection, Server
from .delivery import Attempt, Delivery, Outcome
from .endpoint import Device, PausedChannel, Phone, Suppression, Webhook
from .event import Event, IdempotencyKey, Installation, outlived
from .job import Job
from .notification import Again, Inbox, Live, NotificationLog, Withdrawn, outward_failed, unexpired

__all__ = [
    "Again",
    "Attempt",
    "AuditEntry",
    "Connection",
    "Delivery",
    "Device",
    "Event",
    "IdempotencyKey",
    "Inbox",
    "Installation",
    "Job",
    "Live",
    "NotificationLog",
    "Outcome",
    "PausedChannel",
    "Phone",
    "Server",
    "Suppression",
    "Webhook",
    "Withdrawn",
    "outlived",
    "outward_failed",
    "unexpired",
]
