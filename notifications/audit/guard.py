"""Triggers that refuse to change or remove what the audit holds, whoever asks, as long as they stand.

Two openings: sealing gives an entry its batch once, and erasing a person takes an entry's particulars with their salt.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

ENTRIES, BATCHES = "notifications_auditentry", "notifications_auditbatch"
KEPT = ("id", "at", "actor_id", "action", "entity_type", "entity_id", "first_id", "last_id", "target_user_id")
PARTICULARS = ("actor_name", "metadata")
SEALED = ("particulars_hash", "batch")  # and the salt
WHY = "the audit is kept: entries and batches are added, and neither changed nor removed"
_REFUSE = "notifications_audit_refuse"


def install(connection: BaseDatabaseWrapper) -> None:
    """Put up whatever is missing; safe to repeat."""
    if absent := missing(connection):
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(_REFUSING)
            for name in absent:
                cursor.execute(_triggers(connection)[name])


def remove(connection: BaseDatabaseWrapper) -> None:
    """For a migration that is undone, and for tests."""
    with connection.cursor() as cursor:
        for name in _triggers(connection):
            on = f" ON {_table(name)}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP FUNCTION IF EXISTS {_REFUSE}")


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """The triggers that do not stand, or are switched off."""
    if connection.vendor == "postgresql":
        standing = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
    else:
        standing = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(standing)
        found = {name for (name,) in cursor.fetchall()}
    return [name for name in _triggers(connection) if name not in found]


def _triggers(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """{name: what makes it}."""
    made: Callable[[str], Iterator[tuple[str, str]]] = _postgres if connection.vendor == "postgresql" else _sqlite
    return {name: sql for table in (ENTRIES, BATCHES) for name, sql in made(table)}


def _table(trigger: str) -> str:
    return trigger.rpartition("_")[0]


# --- SQLite -----------------------------------------------------------------
def _sqlite(table: str) -> Iterator[tuple[str, str]]:
    key = "id" if table == ENTRIES else "number"
    refuse = f"BEGIN SELECT RAISE(ABORT, '{WHY}'); END"
    here_already = f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"  # noqa: S608  # INSERT OR REPLACE deletes in silence
    yield f"{table}_update", f"CREATE TRIGGER {table}_update BEFORE UPDATE ON {table} {_unless_open(table)} {refuse}"
    yield f"{table}_delete", f"CREATE TRIGGER {table}_delete BEFORE DELETE ON {table} {refuse}"
    yield f"{table}_insert", f"CREATE TRIGGER {table}_insert BEFORE INSERT ON {table} WHEN {here_already} {refuse}"


# --- Postgres ---------------------------------------------------------------
_REFUSING = f"""
    CREATE OR REPLACE FUNCTION {_REFUSE}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '{WHY}' USING ERRCODE = 'restrict_violation';
    END $$"""


def _postgres(table: str) -> Iterator[tuple[str, str]]:
    refuse = f"EXECUTE FUNCTION {_REFUSE}()"
    on = f"ON {table} FOR EACH"
    yield (
        f"{table}_update",
        f"CREATE TRIGGER {table}_update BEFORE UPDATE {on} ROW {_unless_open(table)} {refuse}",
    )
    yield f"{table}_delete", f"CREATE TRIGGER {table}_delete BEFORE DELETE {on} ROW {refuse}"
    yield f"{table}_truncate", f"CREATE TRIGGER {table}_truncate BEFORE TRUNCATE {on} STATEMENT {refuse}"


# --- both -------------------------------------------------------------------
def _unless_open(table: str) -> str:
    """A batch is never changed; an entry is sealed once, and its particulars may be erased."""
    if table == BATCHES:
        return ""
    sealing = f"OLD.batch IS NULL AND NEW.batch IS NOT NULL AND NEW.salt IS NOT NULL AND {_same(*KEPT, *PARTICULARS)}"
    blank = "NEW.actor_name = '' AND CAST(NEW.metadata AS text) = '{}' AND NEW.salt IS NULL"
    erasing = f"{blank} AND {_same(*KEPT, *SEALED)}"
    return f"WHEN (NOT COALESCE(({sealing}) OR ({erasing}), FALSE))"


def _same(*columns: str) -> str:
    """NULL and NULL are the same; an answer of NULL would be none, and let everything through."""
    return " AND ".join(f"COALESCE(OLD.{c} = NEW.{c}, OLD.{c} IS NULL AND NEW.{c} IS NULL)" for c in columns)


def after_migrating(*, using: str, **_: Any) -> None:
    """SQLite makes a table anew when a migration changes it, and its triggers go: whatever is missing comes back."""
    connection = connections[using]
    if {ENTRIES, BATCHES} <= set(connection.introspection.table_names()):
        install(connection)
