"""A place of its own for each test that starts real processes; on Postgres with a database of its own."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from .trees import Place, free_port


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """An empty database."""
    yield from _place(tmp_path, template="template1")


@pytest.fixture
def prepared(tmp_path: Path, prepared_once: Place) -> Iterator[Place]:
    """Migrations applied, nothing else."""
    if not prepared_once.database_url:
        shutil.copy(prepared_once.folder / "tidings.sqlite3", tmp_path)
    yield from _place(tmp_path, template=prepared_once.database_name)


@pytest.fixture(scope="session")
def prepared_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    for place in _place(tmp_path_factory.mktemp("prepared"), template="template1"):
        done = place.run("prepare")
        assert done.returncode == 0, done.stderr
        yield place


def _place(folder: Path, *, template: str) -> Iterator[Place]:
    at = settings.DATABASES["default"]
    if at["ENGINE"].endswith("sqlite3"):
        yield Place(folder, "", free_port())
        return
    host, name = at["OPTIONS"]["host"], f"place_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(host=host, user=at["USER"], dbname="postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield Place(folder, f"postgres://{at['USER']}@/{name}?host={host}", free_port())
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
