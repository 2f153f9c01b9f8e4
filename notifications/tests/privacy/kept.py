"""A person with everything there is about anybody, each word of it found nowhere else; and all tables as text."""

from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from notifications import audit, inbox, preferring, rooming
from notifications.audit.sealing import seal_next
from notifications.audit.verifying import Verification
from notifications.insight import ledger
from notifications.models import (
    Connection,
    Device,
    Event,
    IdempotencyKey,
    PausedChannel,
    Phone,
    Server,
    Suppression,
)

from ..crowd import make_person, rows_of, send

USERNAME, EMAIL, PHONE = "zebulon.quark", "zq@marker-mail.example", "+4915299988877"
FIRST, LAST, TITLE, MESSAGE = "Zebulonius", "Quarkenstein", "Marker-title-7301", "Marker-message-7302"
MARKERS = (USERNAME, EMAIL, PHONE, FIRST, LAST, TITLE, MESSAGE, "marker-")


def make_zebulon(**fields: Any) -> User:
    return User.objects.create(username=USERNAME, email=EMAIL, first_name=FIRST, last_name=LAST, **fields)


def live_a_little(person: User) -> dict[str, Event]:
    """Told alone and with others, sent, read, connected, reached, and audited; sealed in part."""
    now, other, me = timezone.now(), make_person(), (person.pk, person.username)
    events = {
        "alone": send(person, title=TITLE, message=MESSAGE, data={"a": ["marker-data"]}, thread="marker-thread"),
        "both": send(person, other, title=f"Meet {FIRST} {LAST}", message=f"Write to {EMAIL}, call {PHONE}."),
        "sent": send(other, actor_id=person.pk, message=f"Yours, {USERNAME}!", data={"by": {"name": USERNAME.upper()}}),
        "about": send(other, message=f"Ask {USERNAME} about it."),
        "others": send(other, message="Nobody is named."),
    }
    inbox.mark_as_read(person.pk, [rows_of(person)[0].pk])
    preferring.change(me, {"timezone": "Europe/Berlin", "muted_threads": ["marker-muted"]})
    Device.objects.create(user=person, kind="fcm", address="marker-device", created_at=now)
    Phone.objects.create(user=person, number=PHONE, verified_at=now)
    Suppression.objects.create(channel="email", address=EMAIL, why="marker-bounce", since=now)
    PausedChannel.objects.create(channel="sms", since=now, by_name=USERNAME)
    IdempotencyKey.objects.create(sender=person.pk, key="marker-key", fingerprint="f", result="r")
    server = Server.objects.create(name="here", lease_until=now)
    Connection.objects.create(
        server=server,
        user=person,
        transport="sse",
        ip="::1",
        user_agent="marker-agent",
        connected_at=now,
        last_seen_at=now,
    )
    rooming.make("open", actor=me, is_open=True)
    rooming.join("open", person=me)
    audit.record("connection.opened", "connection", 1, actor=me, target_user_id=person.pk, ip="marker-ip")
    seal_next()
    audit.record("thing.done", "thing", 2, actor=me, said=f"marker-{EMAIL}")
    return events


def everything() -> str:
    """Every table, as text."""
    dumped = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            dumped += [f"{table}: {row}" for row in map(_readable, cursor.fetchall())]
    return "\n".join(dumped)


def _readable(row: tuple[Any, ...]) -> str:
    return " | ".join(bytes(v).decode("latin-1") if isinstance(v, bytes | memoryview) else str(v) for v in row)


def left_of_them() -> list[str]:
    """The lines of the dump that still hold a marker."""
    return [line for line in everything().splitlines() if any(marker.lower() in line.lower() for marker in MARKERS)]


def models_about_people() -> set[str]:
    """Every model of ours with a column for somebody's id."""
    named = ("user_id", "recipient_id", "actor_id", "target_user_id", "sender", "created_by_id", "author_id")
    return {
        model.__name__
        for model in apps.get_models()
        if model._meta.app_label in ("notifications", "core", "sign_in")
        and any(field.attname in named for field in model._meta.concrete_fields)
    }


def all_is_well() -> bool:
    """The ledger adds up, and the audit is as it was sealed."""
    while seal_next():
        pass
    return [*ledger.check(), *Verification().findings()] == []
