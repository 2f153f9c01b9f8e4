"""What the benchmarks play with: a database of their own, people, and notifications written beforehand."""

import argparse
import os
import secrets
import tempfile
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TITLE = "Planned maintenance"
TEXT = "The service will be read-only on Saturday between 02:00 and 04:00 UTC. " * 2


@dataclass
class Person:
    id: int
    token: str


def one_of(names: Collection[str]) -> Callable[[str], str]:
    """The `type` of arguments that may be left out: argparse's `choices` would refuse none."""

    def known(name: str) -> str:
        if name not in names:
            raise argparse.ArgumentTypeError(f"there is no {name}, only {', '.join(names)}")
        return name

    return known


def set_up() -> Path:
    """A fresh DATA_DIR on SQLite, unless DATABASE_URL names another; Django can be set up afterwards.

    As in earnest: with DEBUG on, Django keeps the text of every statement. Peers write no log, so neither do we.
    """
    folder = Path(tempfile.mkdtemp(prefix="tidings-bench-"))
    os.environ["DATA_DIR"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ.update(DEBUG="false", SECRET_KEY=secrets.token_hex(32), ALLOWED_HOSTS="*", LOG_LEVEL="WARNING")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # a benchmark may block its own loop between measurements
    return folder


def prepare() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def people(count: int) -> list[Person]:
    from django.contrib.auth import get_user_model
    from rest_framework_simplejwt.tokens import AccessToken

    users = get_user_model().objects
    missing = range(users.count(), count)
    users.bulk_create(users.model(username=f"person{i}", password="!") for i in missing)
    return [Person(user.pk, str(AccessToken.for_user(user))) for user in users.order_by("pk")[:count]]


def head() -> int:
    """The highest seq of anybody: everybody gets the same."""
    from django.db.models import Max

    from notifications.models import Inbox

    return Inbox.objects.aggregate(head=Max("last_seq"))["head"] or 0


def write_broadcasts(count: int) -> list[Any]:
    """Write events for everybody, each with its number; their rings are caught, to be rung later.

    All in one transaction: a server's own workers would expand, and ring, what they see unfinished.
    """
    from django.db import transaction

    from notifications.live import bell

    caught: list[Any] = []
    ring = bell.bell.ring
    bell.bell.ring = lambda *rings: caught.extend(rings)  # type: ignore[method-assign]
    try:
        with transaction.atomic():
            for number in range(count):
                _write_broadcast(number)
    finally:
        bell.bell.ring = ring  # type: ignore[method-assign]
    return caught


def _write_broadcast(number: int) -> None:
    from notifications import dispatch, expansion
    from notifications.events import Audience, Event

    everyone, data = Audience(everyone=True), {"n": number}
    event = Event(kind="system_announcement", audience=everyone, title=TITLE, message=TEXT, data=data)
    accepted = dispatch.notify(event)
    while expansion.expand_chunk(accepted.pk):
        pass


def payload() -> dict[str, Any]:
    """The same object for the peer."""
    from notifications import wire
    from notifications.database import database_now
    from notifications.models import NotificationLog

    row = NotificationLog.objects.select_related("event").order_by("-pk").first()
    assert row
    return wire.notification(row, now=database_now())


def fill(user_id: int, rows: int) -> None:
    """An inbox of that many unread rows, written in bulk."""
    from notifications import dispatch
    from notifications.events import Audience, Event
    from notifications.models import Event as EventRow
    from notifications.models import Inbox, NotificationLog

    accepted = dispatch.notify(Event(kind="general", audience=Audience(users=[user_id]), title=TITLE, message=TEXT))
    sample = EventRow.objects.get(pk=accepted.pk)
    template = NotificationLog.objects.get(event=sample)
    for first in range(1, rows, 5000):
        events = []
        for _ in range(first, min(first + 5000, rows)):
            copy = EventRow.objects.model(
                **{f.attname: getattr(sample, f.attname) for f in sample._meta.concrete_fields}
            )
            copy.pk = uuid.uuid4()
            events.append(copy)
        EventRow.objects.bulk_create(events)
        made = [
            NotificationLog(
                event=event,
                recipient_id=user_id,
                seq=template.seq + first + i,
                kind=template.kind,
                priority=template.priority,
                reason=template.reason,
                created_at=template.created_at,
                updated_at=template.updated_at,
            )
            for i, event in enumerate(events)
        ]
        NotificationLog.objects.bulk_create(made)
    last = template.seq + rows - 1
    Inbox.objects.filter(pk=user_id).update(last_seq=last, unread_count=rows, listed_count=rows, rev=last)
