"""A small client that does what docs/protocol.md §5 asks of one, and remembers what it showed."""

from typing import Any

from django.contrib.auth.models import User

from notifications.models import Inbox, NotificationLog

from .. import crowd
from .device import Device, Frame

Entries = dict[int, tuple[int, bool, bool]]  # id: (seq, is_read, is_archived)


def listed(user: User, namespace: str | None) -> Entries:
    """What REST lists of one endpoint's rows, archived ones too."""
    rows = [row for row in crowd.rows_of(user) if not row.deleted_at and not row.withdrawn]
    here = [row for row in rows if namespace in (None, row.event.namespace)]
    return {row.pk: (row.seq, row.is_read, row.archived_at is not None) for row in here}


class Client:
    """One device of a person. With `loads_first`, its cursor starts where its list ends; else it starts without one."""

    def __init__(self, user: User, namespace: str | None, *, loads_first: bool) -> None:
        self.user, self.namespace = user, namespace
        self.device: Device | None = None
        self.cursor: int | None = None
        self.since: int | None = None  # from here on nothing may be missing
        self.epoch: str | None = None
        self.badge = self.badge_rev = -1
        self.rev = -1
        self.shown: list[int] = []
        self.entries: Entries = {}
        self.to_send: list[tuple[str, dict[str, Any]]] = []
        self._resuming = False
        self._newest = 0  # on this connection
        self.reload()
        if loads_first:
            self.cursor = self.since = NotificationLog.objects.filter(recipient=user).count()

    @property
    def query(self) -> str:
        if self.cursor is None:
            return ""
        return f"last_seq={self.cursor}" + (f"&epoch={self.epoch}" if self.epoch else "")

    def reload(self) -> None:
        inbox = Inbox.objects.filter(pk=self.user.pk).first() or Inbox(user=self.user)
        self.rev, self._list_head = inbox.rev, inbox.last_seq
        self.entries = listed(self.user, self.namespace)

    def connected(self, device: Device) -> None:
        self.device, self._resuming, self._newest = device, False, 0
        self.to_send.clear()
        if self.cursor is not None and self.since is None:
            self.since = self.cursor

    def outgoing(self) -> list[tuple[str, dict[str, Any]]]:
        going, self.to_send = self.to_send, []
        if any(event == "resume" for event, _ in going):
            self._newest = -(10**9)  # from here on repeats are its own wish
        return going

    def take(self, frame: Frame) -> None:
        take = getattr(self, f"_{frame['event']}", None)
        if take:
            take(frame, frame["data"])

    def _authenticated(self, frame: Frame, data: Any) -> None:
        self.epoch = self.epoch or data["epoch"]
        self._count(data)

    def _notification(self, frame: Frame, data: Any) -> None:
        seq, cursor = data["seq"], self.cursor
        assert seq > self._newest, "seq only rises on one connection"
        self._newest = max(self._newest, seq) if self._newest >= 0 else self._newest
        if cursor is not None and seq <= cursor:
            return
        if cursor is not None and frame["prev"] > cursor:
            if not self._resuming:
                self.to_send.append(("resume", {"last_seq": cursor}))
            self._resuming = True
            return
        self.cursor, self._resuming = seq, False  # stored before it is shown
        self.shown.append(seq)
        if seq > self._list_head:  # else the list was loaded after this frame was sent, and knows better
            self.entries[data["id"]] = (seq, data["is_read"], data["archived_at"] is not None)

    _system_notification = _notification

    def _caught_up(self, frame: Frame, data: Any) -> None:
        self._resuming = False
        self.cursor = max(self.cursor or 0, data["last_seq"])
        self.since = self.cursor if self.since is None else self.since
        if data["rev"] != self.rev:
            self.reload()

    def _unread_count(self, frame: Frame, data: Any) -> None:
        self._count(data)
        self.rev = max(self.rev, data["rev"])

    def _count(self, data: Any) -> None:
        if data["rev"] >= self.badge_rev:
            self.badge, self.badge_rev = data["unread_count"], data["rev"]

    def _ping(self, frame: Frame, data: Any) -> None:
        if data["rev"] > self.rev:
            self.reload()

    def _notification_read(self, frame: Frame, data: Any) -> None:
        for row_id, (seq, _, archived) in self.entries.items():
            named = row_id in data["ids"] if "ids" in data else seq <= data["up_to_seq"] and not archived
            if named:
                self.entries[row_id] = (seq, True, archived)

    def _notification_changed(self, frame: Frame, data: Any) -> None:
        if data["id"] not in self.entries:
            return
        seq, is_read, archived = self.entries[data["id"]]
        changes = data["changes"]
        if "archived_at" in changes:
            archived = changes["archived_at"] is not None
        self.entries[data["id"]] = (seq, changes.get("is_read", is_read), archived)

    def _notification_removed(self, frame: Frame, data: Any) -> None:
        for row_id in data["ids"]:
            self.entries.pop(row_id, None)

    def _reset(self, frame: Frame, data: Any) -> None:
        raise AssertionError("nothing here is reason for a reset")

    _error = _authentication_error = _reset
