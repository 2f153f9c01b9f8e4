"""Fixtures of the engine's tests. People and what is sent to them: crowd.py; threads: at_once.py."""

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.contrib.auth.models import User

from notifications.live.bell import bell
from notifications.live.rings import Nonce, Ring
from notifications.models import Event

from . import crowd

Capture = Callable[..., AbstractContextManager[list[Callable[[], None]]]]
HEARD_WITHIN_S = 20


class Listener:
    """A hub as the bell knows one. Its own ear is deaf, so the bell rings it directly, first and in order."""

    alive = False

    def __init__(self) -> None:
        self._rings: list[Ring] = []
        self._more = threading.Condition()

    def ring_from_thread(self, rings: Sequence[Ring]) -> None:
        with self._more:
            self._rings += rings
            self._more.notify_all()

    def wait_for(self, kind: type[Ring]) -> None:
        """Until a ring of this kind has come."""
        with self._more:
            came = self._more.wait_for(lambda: any(isinstance(ring, kind) for ring in self._rings), HEARD_WITHIN_S)
        assert came, f"no {kind.__name__}"

    def heard(self) -> list[Ring]:
        """All that was rung until now: a last ring is sent and waited for, and rings come in order."""
        last = Nonce(secrets.token_hex(8))
        bell.ring(last)
        with self._more:
            assert self._more.wait_for(lambda: last in self._rings, HEARD_WITHIN_S), "the bell is silent"
            return [ring for ring in self._rings if not isinstance(ring, Nonce)]


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    bell.hubs.append(listening)
    yield listening
    bell.hubs.remove(listening)


@pytest.fixture
def person(db: None) -> User:
    return crowd.make_person()


@pytest.fixture
def notify_to(django_capture_on_commit_callbacks: Capture) -> Callable[..., Event]:
    """`notify_to(person, …, message="…")`: accepted, committed and told, even inside the test's own transaction."""

    def send(*people: User | int, **fields: Any) -> Event:
        with django_capture_on_commit_callbacks(execute=True):
            row = crowd.send(*people, **fields)
        row.refresh_from_db()
        return row

    return send
