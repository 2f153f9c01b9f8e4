"""docs/operations.md, followed on Postgres and Valkey: two servers and a worker, upgraded, rolled back, restored."""

import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from .. import postgres
from ..trees import ROOT
from .pages import Block, blocks
from .plan import OPERATIONS, is_followed
from .terminal import Reader, clone

pytestmark = [pytest.mark.once, pytest.mark.timeout(400)]
MIGRATION = """from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "{before}")]
    operations = [migrations.RunSQL("CREATE TABLE core_next (id integer)", "DROP TABLE core_next")]
"""
NEXT = "SELECT to_regclass('core_next')"
GIT = ["git", "-c", "user.name=reader", "-c", "user.email=reader@example.org"]


@pytest.fixture
def server() -> Iterator[postgres.Postgres]:
    one = postgres.Postgres()
    one.start()
    _asked(one, "CREATE DATABASE tidings", database="postgres")
    yield one
    one.remove()


@pytest.fixture
def operator(tmp_path: Path, server: postgres.Postgres) -> Iterator[Reader]:
    """In a git clone with two versions; `pg_dump` is that of the server."""
    folder = clone(tmp_path / "clone")
    _two_versions(folder)
    _programs(folder / "bin", server)
    url = f"postgres://postgres@/tidings?host={server.root}"
    reader = Reader(
        folder,
        stands_for={
            "postgres://tidings:password@127.0.0.1/tidings": f"'{url}'",
            "redis://127.0.0.1:6379/0": os.environ["REDIS_URL"],
        },
        TIDINGS_LAYER_PREFIX=f"operations-{uuid.uuid4().hex[:8]}",
        PATH=f"{folder / 'bin'}:{os.environ['PATH']}",
        OLD="v1",
        NEW="v2",
    )
    yield reader
    reader.leave()


def _two_versions(folder: Path) -> None:
    """The next version has one migration more."""
    migrations = folder / "core" / "migrations"
    last = max(path.stem for path in migrations.glob("[0-9]*.py"))
    commands = [["init", "-q"], ["add", "config", "core", "requirements.txt"], ["commit", "-qm", "one"], ["tag", "v1"]]
    for command in commands:
        subprocess.run([*GIT, *command], cwd=folder, check=True)
    (migrations / "0999_next.py").write_text(MIGRATION.format(before=last))
    for command in [["add", "core"], ["commit", "-qm", "two"], ["tag", "v2"], ["checkout", "-q", "v1"]]:
        subprocess.run([*GIT, *command], cwd=folder, check=True)


def _programs(folder: Path, server: postgres.Postgres) -> None:
    folder.mkdir()
    libraries = server.environment.get("LD_LIBRARY_PATH", "")
    for name in ("pg_dump", "pg_restore"):
        (folder / name).write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={libraries} exec {server.programs / name} "$@"\n')
        (folder / name).chmod(0o755)


def _asked(server: postgres.Postgres, query: str, database: str = "tidings") -> str:
    """The one value that the database answers, as text; blank: none."""
    with psycopg.connect(host=str(server.root), user="postgres", dbname=database, autocommit=True) as connection:
        rows = connection.execute(query)
        return str(rows.fetchone()[0]) if rows.description else ""  # type: ignore[index]


def test_one_installation_from_the_first_start_to_a_restored_backup(
    operator: Reader, server: postgres.Postgres
) -> None:
    done: list[Block] = []

    def section(title: str) -> str:
        found = _section(title)
        done.extend(found)
        return "".join(operator.do(block) for block in found)

    section("Postgres and Redis")
    assert "told so far" in section("Many servers")
    assert "everything adds up" in section("Upgrading, one by one")
    assert _asked(server, NEXT) == "core_next"
    assert "core/migrations/0999_next.py" in section("Rolling back")
    assert _asked(server, NEXT) == "None"
    section("Backup and restore")
    _asked(server, "UPDATE auth_user SET email = 'changed@after.the.dump'")
    restored = section("Restoring, with a new epoch")
    assert _asked(server, "SELECT email FROM auth_user WHERE username = 'ada'") == "ada@example.org"
    assert "each client that comes back reloads" in restored
    assert '"results":' in restored
    assert "everything adds up" in restored
    assert "as they were sealed" in restored
    assert done == [block for block in blocks(OPERATIONS) if is_followed(block)], "each once, in the order of the page"


def _section(title: str) -> list[Block]:
    """The blocks from this heading to the next."""
    lines = (ROOT / OPERATIONS).read_text(encoding="utf-8").splitlines()
    (start,) = [number for number, line in enumerate(lines, start=1) if line.lstrip("#") == f" {title}"]
    ends = [number for number, line in enumerate(lines, start=1) if line.startswith(("## ", "### ")) and number > start]
    end = min(ends, default=len(lines))
    return [block for block in blocks(OPERATIONS) if start < block.line < end and is_followed(block)]
