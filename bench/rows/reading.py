"""An inbox is listed, paged through to its end, and marked as read."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from .. import stage
from .measuring import Claim, Http, forget_throttles, in_turns, milliseconds
from .peers.installed import Peer

LISTED, UNREAD, HEAVY, LIGHT = 1_000, 10_000, 100_000, 50  # rows
PAGE, DEPTH = 50, 90_000
PLAIN_URLS = "bench.rows.peers.plain"
CALLS = 20
BESIDE = {
    "first_page": ("The first page of 20", "/api/notifications/?page_size=20"),
    "middle_page": ("A keyset page in the middle", "/api/notifications/?before={middle}&page_size=20"),
    "unread_page": ("The unread list", "/api/notifications/unread/?page_size=20"),
}


def benchmarks(peers: Mapping[str, Peer]) -> dict[str, Callable[[], Claim]]:
    """By name, when the rows are there that they read."""
    reader, marker, heavy, light = stage.people(4)
    for person, rows in ((reader, LISTED), (marker, UNREAD), (heavy, HEAVY), (light, LIGHT)):
        stage.fill(person.id, rows)
    vacuum()
    return {
        "list": lambda: _list(reader, peers),
        "deep_page": lambda: _deep_page(heavy),
        "deep_query": lambda: _deep_query(heavy),
        "mark_all": lambda: _mark_all(marker, peers),
        **{name: lambda name=name: _heavy_beside_light(name, heavy, light) for name in BESIDE},
    }


def _list(reader: stage.Person, peers: Mapping[str, Peer]) -> Claim:
    contestants = {
        "Tidings": _asks(reader, f"/api/notifications/?page_size={PAGE}"),
        "a plain ModelSerializer view": _asks(reader, f"/plain/?limit={PAGE}", urls=PLAIN_URLS),
        **{name: lambda peer=peer: peer.figure("list") for name, peer in peers.items()},
    }
    note = "django-notifications is measured without middleware and sign-in, Tidings and the plain view with both."
    title = f"A list of {PAGE} of {LISTED:,}"
    return Claim("list", title, "ms CPU", in_turns(contestants), note=note)


def _deep_page(heavy: stage.Person) -> Claim:
    contestants = {
        "Tidings, keyset": _asks(heavy, f"/api/notifications/?before={_deep_place(heavy)}&page_size={PAGE}"),
        "Tidings' offset style": _asks(heavy, f"/api/notifications/?limit={PAGE}&offset={DEPTH}", calls=3),
        "a plain view, offset": _asks(heavy, f"/plain/?limit={PAGE}&offset={DEPTH}", urls=PLAIN_URLS, calls=3),
    }
    return Claim(
        "deep_page", f"A page of {PAGE} at depth {DEPTH:,}, the whole request", "ms CPU", in_turns(contestants)
    )


def _deep_place(person: stage.Person) -> int:
    """The seq before which the page lies: some more rows may have come meanwhile."""
    from notifications.models import Inbox

    return Inbox.objects.get(pk=person.id).last_seq - DEPTH + 1


def _deep_query(heavy: stage.Person) -> Claim:
    from notifications.models import NotificationLog

    rows = NotificationLog.objects.filter(recipient_id=heavy.id, deleted_at=None).listed().order_by("-seq")
    keyset = rows.filter(seq__lt=_deep_place(heavy))[:PAGE].values_list("id", "seq")
    offset = rows[DEPTH : DEPTH + PAGE].values_list("id", "seq")
    assert list(keyset) == list(offset)
    by_keyset, by_offset = keyset.query.sql_with_params(), offset.query.sql_with_params()
    contestants = {
        "Tidings, keyset": lambda: milliseconds(lambda: _fetch(*by_keyset), times=CALLS),
        "the same by offset": lambda: milliseconds(lambda: _fetch(*by_offset), times=3),
    }
    return Claim("deep_query", "The rows of that page alone: the query", "ms CPU", in_turns(contestants))


def _fetch(sql: str, params: Sequence[Any]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        cursor.fetchall()


def _mark_all(marker: stage.Person, peers: Mapping[str, Peer]) -> Claim:
    http = Http(marker)

    def ours() -> float:
        _make_unread(marker)
        return milliseconds(lambda: http.post("/api/notifications/mark_all_as_read/", {}), times=1)

    contestants = {"Tidings": ours} | {name: lambda peer=peer: peer.figure("mark_all") for name, peer in peers.items()}
    note = (
        "Tidings: the whole request, with read_at, audit and the news for other devices. The peers: the method alone."
    )
    return Claim("mark_all", f"Marking {UNREAD:,} unread as read", "ms CPU", in_turns(contestants), note=note)


def _make_unread(person: stage.Person) -> None:
    from django.utils import timezone

    from notifications.models import Inbox, NotificationLog

    an_hour_old = timezone.now() - timedelta(hours=1)  # counted by now: the analytics hear of each that changes
    mine = NotificationLog.objects.filter(recipient_id=person.id)
    rows = mine.update(is_read=False, read_at=None, created_at=an_hour_old)
    Inbox.objects.filter(pk=person.id).update(unread_count=rows, read_floor=0)
    vacuum()


def vacuum() -> None:
    """As autovacuum would have by then; it is switched off, for it comes when it likes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _heavy_beside_light(name: str, heavy: stage.Person, light: stage.Person) -> Claim:
    title, path = BESIDE[name]
    contestants = {
        f"Tidings, {rows:,} notifications": _asks(person, path.format(middle=rows // 2))
        for person, rows in ((heavy, HEAVY), (light, LIGHT))
    }
    return Claim(name, f"{title}: {HEAVY:,} beside {LIGHT}", "ms CPU", in_turns(contestants))


def _asks(person: stage.Person, path: str, *, urls: str | None = None, calls: int = CALLS) -> Callable[[], float]:
    http = Http(person, urls=urls)

    def ask() -> float:
        forget_throttles()
        http.get(path)
        return milliseconds(lambda: http.get(path), times=calls)

    return ask
