"""A place of its own for each test that starts real processes; on Postgres with a database of its own."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from .trees import Place, free_port


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    at = settings.DATABASES["default"]
    if at["ENGINE"].endswith("sqlite3"):
        yield Place(tmp_path, "", free_port())
        return
    host, name = at["OPTIONS"]["host"], f"place_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(host=host, user=at["USER"], dbname="postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield Place(tmp_path, f"postgres://{at['USER']}@/{name}?host={host}", free_port())
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def prepared(place: Place) -> Place:
    """Migrations applied, nothing else."""
    done = place.run("prepare")
    assert done.returncode == 0, done.stderr
    return place
