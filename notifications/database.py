"""What SQLite and Postgres say differently: the clock, a list of ids, what a number may be, a lock without a row."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import connection
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

_LARGEST_ID = 2**63 - 1


def database_now() -> datetime:
    """The database's clock: processes whose own clock is wrong still agree on it."""
    if connection.vendor == "postgresql":
        sql = "SELECT clock_timestamp()"
    else:
        sql = "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        moment: datetime | str = cursor.fetchone()[0]
    return moment if isinstance(moment, datetime) else datetime.fromisoformat(moment + "+00:00")


def storable(ids: Iterable[Any]) -> list[Any]:
    """Those that a row can have: SQLite fails to compare with a number beyond 64 bits."""
    return [given for given in ids if not isinstance(given, int) or abs(given) <= _LARGEST_ID]


def id_list(ids: Collection[int]) -> tuple[str, Any]:
    """SQL for “one of these ids”, and its one parameter, however many there are."""
    listed = ",".join(map(str, ids))  # one text: an array is adapted element by element
    if connection.vendor == "postgresql":
        return "= ANY(%s::bigint[])", f"{{{listed}}}"
    return "IN (SELECT value FROM json_each(%s))", f"[{listed}]"


def is_one_of(column: str, ids: Collection[int] | str) -> RawSQL:
    """The same as a condition of the ORM; `column` as the one table of the query has it.

    `ids` may be the parameter that `id_list` gave, for a query that is prepared.
    """
    these, listed = (id_list(())[0], ids) if isinstance(ids, str) else id_list(ids)
    return RawSQL(f"{column} {these}", [listed], output_field=BooleanField())


def text_list(texts: Collection[str]) -> str:
    """The parameter of `is_one_of_texts`."""
    return orjson.dumps(list(texts)).decode()


def is_one_of_texts(column: str, listed: str) -> RawSQL:
    """“One of these texts” as a condition of the ORM, for a query that is prepared."""
    read = (
        "SELECT json_array_elements_text(%s)"
        if connection.vendor == "postgresql"
        else "SELECT value FROM json_each(%s)"
    )
    return RawSQL(f"{column} {among(read)}", [listed], output_field=BooleanField())


def beginning_with(column: str, start: str) -> Q:
    """Along the index that a unique text column has. SQLite walks none for LIKE, but does for a range."""
    found = Q(**{f"{column}__startswith": start})
    if connection.vendor == "postgresql":
        return found
    return found & Q(**{f"{column}__gte": start, f"{column}__lt": start + chr(0x10FFFF)})


def among(ids: str) -> str:
    """SQL for “one of these few ids”, a subquery's. Postgres looks each up, even where it has no statistics yet."""
    return f"= ANY(ARRAY({ids}))" if connection.vendor == "postgresql" else f"IN ({ids})"


def as_parameter(at: datetime) -> Any:
    """A moment as a parameter of plain SQL."""
    return connection.ops.adapt_datetimefield_value(at)


def from_column(at: Any) -> datetime:
    """A moment as plain SQL has read it: SQLite knows no time zones, and may give the text itself."""
    moment = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def hold(name: str) -> None:
    """Nobody else holds this name until the transaction ends; in SQLite nobody else writes at all."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
