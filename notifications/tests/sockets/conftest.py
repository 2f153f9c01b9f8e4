"""People, and the live process that their devices connect to: on the test's own event loop, with the real Valkey."""

from collections.abc import AsyncIterator

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache

from notifications.live.bell import Bell
from notifications.sockets.process import LiveProcess

from .. import crowd
from ..waiting import wind_up


@pytest.fixture
def engineer(transactional_db: None) -> User:
    return crowd.make_person("engineer")


@pytest.fixture
def outsider(transactional_db: None) -> User:
    return crowd.make_person()


@pytest.fixture
def admin(transactional_db: None) -> User:
    return crowd.make_person(is_staff=True)


@pytest.fixture(autouse=True)
def _no_throttle_remembers_another_test() -> None:
    cache.clear()


@pytest.fixture
async def process(transactional_db: None) -> AsyncIterator[LiveProcess]:
    here = LiveProcess.here()
    yield here
    here.stop()
    await wind_up()


@pytest.fixture
def elsewhere() -> Bell:
    """The bell of another process: it reaches our hub through Valkey alone."""
    return Bell()
