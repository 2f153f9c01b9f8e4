"""A clone, and somebody who follows a page in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .terminal import Reader, clone


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """At a fresh clone, with the laptop's defaults; nothing runs yet."""
    one = Reader(clone(tmp_path / "clone"))
    yield one
    one.leave()
