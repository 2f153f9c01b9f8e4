"""What an attacker with SQL rights does: the triggers go first."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import User
from django.db import connection

from notifications import audit
from notifications.audit import guard, hashing
from notifications.audit.sealing import seal_next
from notifications.audit.verifying import Verification
from notifications.models import AuditEntry


@contextmanager
def unguarded() -> Iterator[None]:
    """As long as this lasts nothing refuses anything."""
    guard.remove(connection)
    yield
    guard.install(connection)


def by_sql(sql: str, *given: Any) -> None:
    with unguarded(), connection.cursor() as cursor:
        cursor.execute(sql, given)


def written(count: int, person: User) -> list[int]:
    """The ids of so many entries, in one batch of their own."""
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    for place in range(count):
        actor = (person.pk, person.username)
        audit.record("thing.done", "thing", place, actor=actor, target_user_id=person.pk, ids=(1, 9), said=f"ü{place}")
    while seal_next():
        pass
    return sorted(set(AuditEntry.objects.values_list("pk", flat=True)) - before)


def found(head: str | None = None) -> list[str]:
    return [str(finding) for finding in Verification(head).findings()]


def forged(entry_id: int, **changes: Any) -> bytes:
    """The seal of an entry as it would be after these changes."""
    row = hashing.Row(*AuditEntry.objects.values_list(*hashing.Row._fields).get(pk=entry_id))
    return hashing.seal_of(row._replace(**changes))
