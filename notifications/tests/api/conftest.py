"""People with roles, a client for each, and notifications as `notify()` makes them."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache

from .people import make_people


@pytest.fixture(autouse=True)
def _no_throttle_remembers_another_test() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return make_people()
