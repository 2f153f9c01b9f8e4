"""What the database says, read at one moment when nothing is under way: the other side of every ledger."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from .clients.device import Device
from .clients.stream import Posted


@dataclass
class Books:
    heads: dict[int, int] = field(default_factory=dict)
    badges: dict[int, int] = field(default_factory=dict)  # counted, not Inbox.unread_count
    rows: dict[int, list[tuple[int, int, str | None]]] = field(default_factory=dict)  # (seq, id, again), by seq


def read(people: Collection[int]) -> Books:
    from django.db.models import Count

    from notifications.models import Inbox, NotificationLog

    books = Books(heads=dict(Inbox.objects.values_list("user_id", "last_seq")))
    mine = NotificationLog.objects.filter(recipient_id__in=people)
    unread = mine.listed().filter(is_read=False).values_list("recipient_id").annotate(n=Count("pk"))
    books.badges = dict(unread.order_by())
    rows: dict[int, list[tuple[int, int, str | None]]] = defaultdict(list)
    for user_id, seq, pk, again in mine.order_by("recipient_id", "seq").values_list(
        "recipient_id", "seq", "pk", "again"
    ):
        rows[user_id].append((seq, pk, again))
    books.rows = rows
    return books


def heads() -> dict[int, int]:
    from notifications.models import Inbox

    return dict(Inbox.objects.values_list("user_id", "last_seq"))


def seq_of(event_id: str, user_id: int) -> int:
    from notifications.models import NotificationLog

    row = NotificationLog.objects.filter(event_id=event_id, recipient_id=user_id).first()
    return row.seq if row else 10**12


def rows_after(user_id: int, seq: int) -> list[int]:
    """The ids of this person's rows after that."""
    from notifications.models import NotificationLog

    mine = NotificationLog.objects.filter(recipient_id=user_id, seq__gt=seq).order_by("seq")
    return list(mine.values_list("pk", flat=True))


def delivered(user_id: int, *, after: int) -> int:
    from notifications.models import NotificationLog

    mine = NotificationLog.objects.filter(recipient_id=user_id, seq__gt=after, delivered_at__isnull=False)
    return mine.count()


def deliveries_of(event_id: str) -> dict[str, int]:
    """{state: how many}."""
    from django.db.models import Count

    from notifications.models import Delivery

    tried = Delivery.objects.filter(event_id=event_id).exclude(state="skipped")
    return dict(tried.values_list("state").annotate(n=Count("pk")).order_by())


def add_webhook(url: str, actor: tuple[int, str]) -> int:
    from notifications.reaching.webhooks import add_webhook as add

    return add(url, ["notification.created"], actor=actor).pk


def remove_webhook(webhook_id: int, actor: tuple[int, str]) -> None:
    from notifications.reaching.webhooks import remove_webhook as remove

    remove(webhook_id, actor=actor)


# --- a device ---------------------------------------------------------------
def wrong_with(device: Device, books: Books) -> Iterator[str]:
    """What its ledger has that the database has not, and the other way round."""
    who = f"a device of person {device.user_id}"
    rows = [row for row in books.rows.get(device.user_id, []) if row[0] > device.since]
    there, shown = [pk for _, pk, _ in rows], [pk for _, pk in device.shown]
    if lost := set(there) - set(shown):
        yield f"{who}: {len(lost)} never shown, the first is {min(lost)}"
    if more := set(shown) - set(there):
        yield f"{who}: {len(more)} shown that do not exist, the first is {min(more)}"
    if len(shown) != len(set(shown)):
        yield f"{who}: {len(shown) - len(set(shown))} shown twice"
    seqs = [seq for seq, _ in device.shown]
    if seqs != sorted(set(seqs)):
        yield f"{who}: not shown in ascending order"
    if device.badge != books.badges.get(device.user_id, 0):
        yield f"{who}: badge {device.badge}, but {books.badges.get(device.user_id, 0)} unread rows"
    yield from (f"{who}: {breach}" for breach in device.breaches)


def holes(books: Books) -> Iterator[str]:
    """Seq counts up without a hole, unless a row went on to a later seq."""
    for user_id, rows in books.rows.items():
        moved = sum(again is not None for _, _, again in rows)
        missing = books.heads.get(user_id, 0) - len(rows)
        if missing and not moved:
            yield f"person {user_id}: {missing} of {books.heads.get(user_id, 0)} seq are holes"


# --- what was posted --------------------------------------------------------
def wrong_with_posted(posted: Collection[Posted]) -> Iterator[str]:
    """Each answered once, kept once, written to whom it concerns and to nobody else."""
    from notifications.models import Event, NotificationLog

    ids = [one.event_id for one in posted if one.event_id]
    if len(ids) != len(set(ids)):
        yield f"{len(ids) - len(set(ids))} keys share an event"
    kept = Event.objects.count()
    if kept != len(posted):
        yield f"{len(posted)} events were posted, {kept} are kept"
    told: dict[str, set[int]] = defaultdict(set)
    for event_id, user_id in NotificationLog.objects.values_list("event_id", "recipient_id"):
        told[str(event_id)].add(user_id)
    wrong = [one.key for one in posted if one.event_id and told[one.event_id] != one.told]
    if wrong:
        yield f"{len(wrong)} events were not told to whom they concern: {', '.join(wrong[:3])}"


def add_up() -> Iterator[str]:
    """What `manage.py check_ledger` says."""
    from notifications.insight import ledger

    yield from (f"check_ledger: {finding}" for finding in ledger.check())


# --- what may be left behind ------------------------------------------------
def open_events() -> str | None:
    from notifications.models import Event

    count = Event.objects.filter(state__in=["expanding", "scheduled"]).count()
    return f"{count} events are not written" if count else None


def undelivered(people: Collection[int]) -> str | None:
    """Rows that were to be shown to people with a live device, and that nobody has acknowledged."""
    from notifications.models import Live, NotificationLog

    rows = NotificationLog.objects.filter(recipient_id__in=people, delivered_at=None, live=Live.SEND)
    found = list(rows.values_list("recipient_id", "seq", "sent_at")[:3])
    named = "; ".join(f"seq {seq} of person {user}, sent {sent}" for user, seq, sent in found)
    return f"{rows.count()} rows are not acknowledged: {named}" if found else None


def lapsed_leases() -> str | None:
    """Of deliveries, servers and jobs: each is taken up again, or cleared away."""
    from notifications.database import database_now
    from notifications.models import Delivery, Job, Server

    late = database_now() - timedelta(seconds=5)
    found = {
        "deliveries": Delivery.objects.filter(lease__isnull=False, due_at__lt=late).count(),
        "servers": Server.objects.filter(lease_until__lt=late).count(),
        "jobs": Job.objects.filter(lease_until__lt=late).count(),
    }
    said = ", ".join(f"{n} {what}" for what, n in found.items() if n)
    return f"lapsed leases: {said}" if said else None


def ghosts(connected: Collection[str]) -> str | None:
    """Connections that are written down, and nobody has."""
    from notifications.models import Connection

    there = {str(pk) for pk in Connection.objects.values_list("pk", flat=True)}
    more, fewer = len(there - set(connected)), len(set(connected) - there)
    return f"{more} connection rows without a socket, {fewer} sockets without a row" if more or fewer else None


def connections_of(user_id: int, *, most: int) -> str | None:
    from notifications.models import Connection

    count = Connection.objects.filter(user_id=user_id).count()
    return f"{count} connections" if count > most else None
