"""A hub on the test's own event loop, with the real Valkey behind it."""

from collections.abc import AsyncIterator

import pytest

from notifications.live.bell import Bell
from notifications.live.hub import Hub

from ..waiting import wind_up


@pytest.fixture
async def hub(transactional_db: None) -> AsyncIterator[Hub]:
    made = Hub()
    yield made
    made.stop()
    await wind_up()


@pytest.fixture
def elsewhere() -> Bell:
    """The bell of another process: it reaches our hub through Valkey alone."""
    return Bell()
