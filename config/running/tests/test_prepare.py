"""`manage.py prepare`."""

import concurrent.futures

import pytest
from django.db import connection

from .trees import Place


def test_prepare_may_be_repeated_and_gathers_static_files_where_debug_is_off(prepared: Place) -> None:
    done = prepared.run("prepare", DEBUG="0", SECRET_KEY="x" * 50)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert (prepared.folder / "static" / "admin").is_dir()


def test_two_machines_may_prepare_at_once(place: Place) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite is one machine's")
    with concurrent.futures.ThreadPoolExecutor() as two:
        done = list(two.map(lambda _: place.run("prepare"), range(2)))
    assert [one.returncode for one in done] == [0, 0], done
