"""Everything that is kept about a person, as JSON that says what it is."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q, QuerySet

from .. import wire
from ..database import database_now
from ..models import (
    AuditEntry,
    Connection,
    Delivery,
    Device,
    Event,
    Member,
    NotificationLog,
    Phone,
    Preference,
    Room,
    Suppression,
)
from .names import names_of
from .people import account_of, keepers

AT_ONCE = 1_000  # rows
_SECRET = {"password", "code_hash", "keys", "salt", "particulars_hash", "batch", "lease"}
_WORDS = ("id", "kind", "title", "message", "context", "data", "created_at", "recipients")


def export(user_id: int) -> Iterator[str]:
    """One JSON object, in pieces, so that a large inbox is never in memory as a whole. Raises Unknown at once."""
    sections = _sections(account_of(user_id))
    return _pieces(sections)


def _pieces(sections: Mapping[str, Callable[[], Any]]) -> Iterator[str]:
    encode = DjangoJSONEncoder(ensure_ascii=False).encode
    for place, (name, read) in enumerate(sections.items()):
        yield f"{',' if place else '{'}\n{encode(name)}: "
        said = read()
        if isinstance(said, Iterator):
            yield "["
            for number, one in enumerate(said):
                yield f"{',' if number else ''}\n  {encode(one)}"
            yield "]"
        else:
            yield encode(said)
    yield "\n}\n"


def _sections(account: Any) -> dict[str, Callable[[], Any]]:
    """{what it is: how to read it}; in the order in which a person would ask."""
    user_id, names = account.pk, list(names_of(account))
    about = {"user_id": user_id}
    theirs = Q(actor_id=user_id) | Q(target_user_id=user_id)
    return {
        "exported_at": database_now,
        "account": lambda: {**_plain(account), "roles": sorted(account.groups.values_list("name", flat=True))},
        "preferences": lambda: _first(Preference.objects.filter(pk=user_id)),
        "phone": lambda: _first(Phone.objects.filter(pk=user_id)),
        "devices": lambda: _each(Device.objects.filter(**about)),
        "suppressed_addresses": lambda: _each(Suppression.objects.filter(address__in=[n.lower() for n in names])),
        "rooms": lambda: _rows(Member.objects.filter(**about).values("room__name", "role", "joined_at")),
        "rooms_made": lambda: _rows(Room.objects.filter(created_by_id=user_id).values("name", "created_at")),
        "connections": lambda: _each(Connection.objects.filter(**about)),
        "notifications": lambda: _notifications(user_id),
        "deliveries": lambda: _deliveries(user_id),
        "events_sent": lambda: _rows(Event.objects.filter(actor_id=user_id).order_by("created_at").values(*_WORDS)),
        "audit": lambda: _each(AuditEntry.objects.filter(theirs).order_by("pk")),
        **{name: partial(_said, said) for keeper in keepers() for name, said in keeper.export(user_id).items()},
    }


def _said(said: Any) -> Any:
    return said


def _plain(row: Model) -> dict[str, Any]:
    """Every column that is not a secret."""
    columns = [field.name for field in row._meta.concrete_fields if field.name not in _SECRET]
    return {"id": row.pk, **{name: row.__dict__.get(name, row.serializable_value(name)) for name in columns}}


def _first(rows: QuerySet[Any]) -> dict[str, Any] | None:
    row = rows.first()
    return _plain(row) if row else None


def _each(rows: QuerySet[Any]) -> Iterator[dict[str, Any]]:
    return map(_plain, rows.iterator(chunk_size=AT_ONCE))


def _rows(rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    return iter(rows)


def _notifications(user_id: int) -> Iterator[dict[str, Any]]:
    """As their inbox shows them; those they removed from it, too, as long as they are kept."""
    rows, now = NotificationLog.objects.to_show().filter(recipient_id=user_id).order_by("seq"), database_now()
    for row in rows.iterator(chunk_size=AT_ONCE):
        yield {**wire.notification(row, now=now), "deleted_at": wire.moment(row.deleted_at)}


def _deliveries(user_id: int) -> Iterator[dict[str, Any]]:
    found = Delivery.objects.filter(recipient_id=user_id, notification__recipient_id=user_id).order_by("pk")
    for delivery in found.prefetch_related("tries").iterator(chunk_size=AT_ONCE):
        yield {**_plain(delivery), "attempts": [_plain(attempt) for attempt in delivery.tries.all()]}
