"""Triggers that note how a row changes which may have been counted already.

From the age of SETTLING_S on, what changes a row is noted. The roll-up leaves a row alone until whatever might have
changed it unnoticed has ended (rolling.py).
"""

from typing import Any

from django.db import connection

from ..models import LateChange
from .states import COLUMNS, TABLES, Table

SETTLING_S = 300


def install(**_: Any) -> None:
    """Make those that are missing: after each migration, because SQLite loses them when it rebuilds a table."""
    with connection.cursor() as cursor:
        cursor.execute(_EXISTING[connection.vendor])
        there = {name for (name,) in cursor.fetchall()}
        for table in TABLES:
            if _name(table) not in there:
                for statement in _STATEMENTS[connection.vendor](table):
                    cursor.execute(statement)


def remove() -> None:
    """For a migration that is undone: what they write to is gone then."""
    with connection.cursor() as cursor:
        for table in TABLES:
            on = f" ON {table.name}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {_name(table)}{on}")


def _name(table: Table) -> str:
    return f"figures_note_{table.source}"


_EXISTING = {
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
}


def _on_sqlite(table: Table) -> list[str]:
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in table.changing)
    old_enough = f"OLD.created_at < strftime('%Y-%m-%d %H:%M:%f', 'now', '-{SETTLING_S} seconds')"
    states = " UNION ALL ".join(f"SELECT {_state(table, row, sign)}" for row, sign in (("OLD", -1), ("NEW", 1)))
    return [
        f"""CREATE TRIGGER {_name(table)} AFTER UPDATE OF {", ".join(table.changing)} ON {table.name}
            WHEN {old_enough} AND {table.counts("OLD")} AND ({changed}) BEGIN {_NOTE} {states}; END"""
    ]


def _on_postgres(table: Table) -> list[str]:
    """Once for each statement: a call for each row makes ten thousand of them five times as slow."""
    was, is_now = (", ".join(f"{row}.{column}" for column in table.changing) for row in ("was", "is_now"))
    # clock_timestamp(): a transaction that began long ago judges by the moment of its change
    old_enough = f"was.created_at < clock_timestamp() - interval '{SETTLING_S} seconds'"
    changed = f"{old_enough} AND {table.counts('was')} AND ({was}) IS DISTINCT FROM ({is_now})"
    both = f"FROM rows_were AS was JOIN rows_are AS is_now USING (id) WHERE {changed}"
    states = " UNION ALL ".join(
        f"SELECT {_state(table, row, sign)} {both}" for row, sign in (("was", -1), ("is_now", 1))
    )
    return [
        f"""CREATE OR REPLACE FUNCTION {_name(table)}() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN {_NOTE} {states}; RETURN NULL; END $$""",
        f"""CREATE TRIGGER {_name(table)} AFTER UPDATE ON {table.name}
            REFERENCING OLD TABLE AS rows_were NEW TABLE AS rows_are
            FOR EACH STATEMENT EXECUTE FUNCTION {_name(table)}()""",
    ]


_STATEMENTS = {"postgresql": _on_postgres, "sqlite": _on_sqlite}
_NOTE = f"INSERT INTO {LateChange._meta.db_table} ({', '.join(['source', 'row_id', 'sign', *COLUMNS])})"


def _state(table: Table, row: str, sign: int) -> str:
    """What is noted of a row by this name."""
    return f"'{table.source}', {row}.id, {sign}, {', '.join(table.columns(row))}"
