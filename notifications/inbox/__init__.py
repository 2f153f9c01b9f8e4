"""What a recipient does with their notifications, from whichever door: the other writer of these rows."""

from .acknowledging import Ack, acknowledge, record_acks, record_sent
from .acting import AlreadyActed, NoLongerOffered, act
from .counting import unread_counts
from .marking import (
    NotFound,
    archive,
    delete,
    mark_all_as_read,
    mark_as_read,
    mark_as_unread,
    mark_seen,
    unarchive,
)
from .snoozing import LONGEST_SNOOZE, WillNotReturn, snooze, unsnooze
from .withdrawing import NothingToStop, cancel_one, settle_event, stop_deliveries, withdraw_chunk

__all__ = [
    "LONGEST_SNOOZE",
    "Ack",
    "AlreadyActed",
    "NoLongerOffered",
    "NotFound",
    "NothingToStop",
    "WillNotReturn",
    "acknowledge",
    "act",
    "archive",
    "cancel_one",
    "delete",
    "mark_all_as_read",
    "mark_as_read",
    "mark_as_unread",
    "mark_seen",
    "record_acks",
    "record_sent",
    "settle_event",
    "snooze",
    "stop_deliveries",
    "unarchive",
    "unread_counts",
    "unsnooze",
    "withdraw_chunk",
]
