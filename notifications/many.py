"""Many rows in one statement, whose text is the same however many there are: each is put together and read once.

They travel as one parameter, a text of JSON. `bulk_create` and `bulk_update` compile their statement anew each time,
which for a few rows takes longer than the database does.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from django.db import connection
from django.db.models import Field, Model

Values = Sequence[Any]


def given(columns: Mapping[str, str], rows: Sequence[Values]) -> tuple[str, str]:
    """SQL for a table with these columns, {name: type}, and its one parameter; values as the adapter writes them."""
    if connection.vendor == "postgresql":
        typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        named = [dict(zip(columns, row, strict=True)) for row in rows]
        return f"(SELECT * FROM json_to_recordset(%s) AS each ({typed}))", orjson.dumps(named).decode()
    each = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(columns))
    return f"(SELECT {each} FROM json_each(%s))", orjson.dumps(rows).decode()


def insert_each(rows: Sequence[Model]) -> None:
    """Insert these, all of one model. The keys that the database gives are not read back, and no signal is sent."""
    if not rows:
        return
    model = type(rows[0])
    fields: list[Any] = [field for field in model._meta.concrete_fields if field is not model._meta.auto_field]
    names = [field.attname for field in fields]
    source, listed = _source(fields, [[getattr(row, name) for name in names] for row in rows])
    columns = ", ".join(field.column for field in fields)
    sql = f"INSERT INTO {model._meta.db_table} ({columns}) SELECT * FROM {source} AS given"
    with connection.cursor() as cursor:
        cursor.execute(sql, [listed])
    for row in rows:
        row._state.adding = False


def update_each(model: type[Model], columns: Sequence[str], rows: Sequence[Values]) -> None:
    """Write (primary key, value, value …) to each row."""
    if not rows:
        return
    fields: list[Any] = [model._meta.pk, *(model._meta.get_field(name) for name in columns)]
    source, listed = _source(fields, rows)
    table, (key, *others) = model._meta.db_table, [field.column for field in fields]
    written = ", ".join(f"{column} = given.{column}" for column in others)
    sql = f"UPDATE {table} SET {written} FROM {source} AS given WHERE {table}.{key} = given.{key}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [listed])


def _source(fields: Sequence[Any], rows: Sequence[Values]) -> tuple[str, str]:
    columns = {field.column: _type(field) for field in fields}
    if connection.vendor == "postgresql":  # it reads moments, numbers and JSON as they are
        return given(columns, rows)
    saved = [
        [field.get_db_prep_save(value, connection) for field, value in zip(fields, row, strict=True)] for row in rows
    ]
    return given(columns, saved)


@cache
def _type(field: Field) -> str:
    return field.db_type(connection) or ""
