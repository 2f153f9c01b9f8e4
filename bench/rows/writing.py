"""Rows are written: for everybody, for one person, and for many in one request."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import stage
from .measuring import Claim, Http, forget_throttles, in_turns, milliseconds
from .peers.clock import cpu_s
from .peers.installed import Peer

PEOPLE = 20_000
MANY, SINGLY = 1_000, 50  # people of one request, and requests for one person
CALLS = 20
PLAIN_URLS = "bench.rows.peers.plain"
WORDS = {"title": stage.TITLE, "message": stage.TEXT}


def benchmarks(peers: Mapping[str, Peer]) -> dict[str, Callable[[], Claim]]:
    """By name, when the people are there that are told."""
    people = stage.people(PEOPLE)
    _make_staff(people[0])
    broadcast()  # their inboxes are made
    return {
        "broadcast": lambda: _broadcast(peers),
        "one": lambda: _one(people),
        "one_in_code": lambda: _one_in_code(people),
        "many": lambda: _many(people),
    }


def _make_staff(person: stage.Person) -> None:
    from django.contrib.auth import get_user_model

    get_user_model().objects.filter(pk=person.id).update(is_staff=True)


# --- for everybody ---------------------------------------------------------------------------------------------------


def _broadcast(peers: Mapping[str, Peer]) -> Claim:
    contestants = {
        "expansion: rows, seq, counters, audit": lambda: PEOPLE / broadcast(),
        "bulk_create of the rows alone": lambda: PEOPLE / bulk_create(),
        **{f"notify.send of {name}": lambda peer=peer: peer.figure("broadcast") for name, peer in peers.items()},
    }
    title = f"One event for {PEOPLE:,} people"
    return Claim("broadcast", title, "rows/CPU s", in_turns(contestants), more_is_better=True)


def broadcast() -> float:
    """Seconds of CPU from the first chunk to the last; rings go into the queue of the bell as always."""
    from notifications import dispatch, expansion
    from notifications.events import Audience, Event

    event = Event(kind="system_announcement", audience=Audience(everyone=True), title=stage.TITLE, message=stage.TEXT)
    accepted = dispatch.notify(event)
    began = cpu_s()
    while expansion.expand_chunk(accepted.pk):
        pass
    return cpu_s() - began


def bulk_create() -> float:
    """The rows alone, without counters, seq and audit: less than what is needed, in as large batches."""
    from django.db import transaction

    from notifications import dispatch, expansion
    from notifications.database import database_now
    from notifications.events import Audience, Event
    from notifications.models import Inbox, NotificationLog

    from .peers import plain

    event = dispatch.notify(Event(kind="general", audience=Audience(), message=stage.TEXT))  # it tells nobody
    now = database_now()
    heads = list(Inbox.objects.order_by("pk").values_list("user_id", "last_seq"))
    with transaction.atomic():
        began = cpu_s()
        rows = [plain.row(event, user_id, seq + 1, now) for user_id, seq in heads]
        NotificationLog.objects.bulk_create(rows, batch_size=expansion.CHUNK)
        took = cpu_s() - began
        transaction.set_rollback(True)  # the next round finds the table as it was
    return took


# --- for one person --------------------------------------------------------------------------------------------------


def _one(people: Sequence[stage.Person]) -> Claim:
    ours, plain, someone = Http(people[0]), Http(people[0], urls=PLAIN_URLS), people[1].id
    body: dict[str, Any] = {"notification_type": "general", "to": {"users": [someone]}, **WORDS}
    as_plain = {"kind": "general", "category": "info", "priority": "normal", "to": [someone], **WORDS}

    def calls(http: Http, path: str, body: dict[str, Any]) -> float:
        forget_throttles()
        return milliseconds(lambda: http.post(path, body), times=CALLS)

    contestants = {
        "Tidings, POST /api/events/": lambda: calls(ours, "/api/events/", body),
        "a plain view with naive ORM code": lambda: calls(plain, "/plain/events/", as_plain),
    }
    note = "The plain view writes the same rows: event, counter, row, audit. It decides nothing and rings nobody."
    return Claim("one", "One event for one person, the whole request", "ms CPU", in_turns(contestants), note=note)


def _one_in_code(people: Sequence[stage.Person]) -> Claim:
    from django.contrib.auth import get_user_model

    from notifications import dispatch
    from notifications.events import Audience, Event

    from .peers import plain

    sender, someone = get_user_model().objects.get(pk=people[0].id), people[1].id
    event = Event(kind="general", audience=Audience(users=[someone]), actor_id=sender.pk, **WORDS)
    said = {"kind": "general", "category": "info", "priority": "normal", **WORDS}
    contestants = {
        "Tidings, notify(…)": lambda: milliseconds(lambda: dispatch.notify(event), times=CALLS),
        "naive ORM code": lambda: milliseconds(lambda: plain.create(sender, [someone], **said), times=CALLS),
    }
    return Claim("one_in_code", "The same called from Python", "ms CPU", in_turns(contestants))


# --- for many in one request -----------------------------------------------------------------------------------------


def _many(people: Sequence[stage.Person]) -> Claim:
    http, these = Http(people[0]), [person.id for person in people[1 : MANY + 1]]

    def in_one() -> float:
        from notifications import expansion

        forget_throttles()
        began = cpu_s()
        answer = http.post("/api/events/", {"notification_type": "general", "to": {"users": these}, **WORDS})
        while expansion.expand_chunk(answer.data["event_id"]):
            pass  # what a worker does
        return MANY / (cpu_s() - began)

    def one_by_one() -> float:
        forget_throttles()
        began = cpu_s()
        for someone in these[:SINGLY]:
            http.post("/api/events/", {"notification_type": "general", "to": {"users": [someone]}, **WORDS})
        return SINGLY / (cpu_s() - began)

    contestants = {f"Tidings, {MANY:,} people in one request": in_one, "a request for each": one_by_one}
    title = "Many people in one request: from the request to the last row"
    return Claim("many", title, "rows/CPU s", in_turns(contestants), more_is_better=True)
