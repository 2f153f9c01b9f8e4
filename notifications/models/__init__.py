"""The rows, by concept. What each column means for clients: docs/protocol.md."""

from .audit import AuditBatch, AuditEntry
from .connection import Connection, Server
from .delivery import Attempt, Delivery, Outcome
from .endpoint import Device, PausedChannel, Phone, Suppression, Webhook
from .event import Event, IdempotencyKey, Installation, outlived
from .figures import Counted, Figure, LateChange, MetricSnapshot, Source
from .job import Job
from .notification import Again, Inbox, Live, NotificationLog, Withdrawn, outward_failed, unexpired
from .preference import Preference
from .room import Member, Room
from .template import Template, TemplateVersion

__all__ = [
    "Again",
    "Attempt",
    "AuditBatch",
    "AuditEntry",
    "Connection",
    "Counted",
    "Delivery",
    "Device",
    "Event",
    "Figure",
    "IdempotencyKey",
    "Inbox",
    "Installation",
    "Job",
    "LateChange",
    "Live",
    "Member",
    "MetricSnapshot",
    "NotificationLog",
    "Outcome",
    "PausedChannel",
    "Phone",
    "Preference",
    "Room",
    "Server",
    "Source",
    "Suppression",
    "Template",
    "TemplateVersion",
    "Webhook",
    "Withdrawn",
    "outlived",
    "outward_failed",
    "unexpired",
]
