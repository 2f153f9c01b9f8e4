"""The list and the unread list as they are asked for all the time: no filters, a page or what lies beside a place."""

from dataclasses import dataclass, replace

from django.db.models import Exists, QuerySet, Subquery
from django.db.models.functions import Now

from ...models import Event, Inbox, NotificationLog, outlived
from ...prepared import Prepared
from .filters import visible

_BEYOND = 2**63 - 1  # no seq is as large
_NOT_SHOWN = (
    *("kind", "priority", "live", "live_reason", "rtt_ms", "again", "updated_at"),
    *("event__audience", "event__context", "event__channels", "event__decided", "event__search", "event__position"),
    *("event__recipients", "event__pruned", "event__scheduled_for", "event__settled_at", "event__created_at"),
)


@dataclass(frozen=True)
class Listing:
    """One of a person's two plain lists, for pagination: its rows cost little more than fetching them."""

    user_id: int
    is_unread: bool = False
    place: int = _BEYOND
    is_upward: bool = False  # what lies after `place`, the oldest first

    def __len__(self) -> int:
        """The inbox's own counter, less what has expired since the last sweep; as exact as COUNT(*) at this moment."""
        inboxes = _INBOX(self.user_id)
        if not inboxes:
            return 0
        counted = inboxes[0].unread_count if self.is_unread else inboxes[0].listed_count
        return max(0, counted - self._expired()) if inboxes[0].may_have_expired else counted  # type: ignore[attr-defined]

    def _expired(self) -> int:
        expired = Event.objects.filter(outlived(Now())).values("pk")
        rows = NotificationLog.objects.filter(recipient_id=self.user_id, event__in=expired).listed()
        return (rows.filter(is_read=False) if self.is_unread else rows).count()

    def __getitem__(self, wanted: slice) -> list[NotificationLog]:
        first = wanted.start or 0
        rows = _ROWS[self.is_unread, self.is_upward]
        return rows(self.user_id, self.place, first=first, most=wanted.stop - first)

    def beside(self, place: int, *, older: bool) -> "Listing":
        """What lies before or after this seq, the nearest first."""
        return replace(self, place=place, is_upward=not older)


def _inbox(user: int) -> QuerySet[Inbox]:
    return Inbox.objects.filter(pk=user).annotate(may_have_expired=Exists(Event.objects.filter(outlived(Now()))))


def _listed(user: int) -> QuerySet[NotificationLog]:
    rows = NotificationLog.objects.to_show().defer(*_NOT_SHOWN)
    return rows.filter(visible(), recipient_id=user, deleted_at=None)


def _unread(user: int) -> QuerySet[NotificationLog]:
    floor = Inbox.objects.filter(pk=user).values("read_floor")
    return _listed(user).filter(is_read=False, seq__gt=Subquery(floor))


_INBOX = Prepared(_inbox)
_ROWS = {
    (False, False): Prepared(lambda user, place: _listed(user).filter(seq__lt=place).order_by("-seq")),
    (False, True): Prepared(lambda user, place: _listed(user).filter(seq__gt=place).order_by("seq")),
    (True, False): Prepared(lambda user, place: _unread(user).filter(seq__lt=place).order_by("-seq")),
    (True, True): Prepared(lambda user, place: _unread(user).filter(seq__gt=place).order_by("seq")),
}
