"""What is counted on the way of every frame, and when it is seen."""

from typing import Any

import pytest
from django.db import transaction

from notifications import meters
from notifications.sockets import frames
from notifications.sockets.consumer import NotificationConsumer
from notifications.sockets.frames import Close, SocketWire, parse

pytestmark = pytest.mark.once


def value(counter: Any, *labels: str) -> float:
    found: float = counter.labels(*labels)._value.get()
    return found


async def nowhere(message: dict[str, Any]) -> None:
    """A socket that takes everything."""


def test_frames_are_seen_once_they_are_handed_over() -> None:
    meters.frames.hand_over()
    sent = value(meters.frames_sent, "notification"), value(meters.frames_sent, "other")
    acked = value(meters.frames_received, "ack")
    wire = SocketWire(nowhere)
    wire.notification("notification", 0, 1, 1, b'"title":"Hello"}', None)
    wire.frame("pong", {})
    parse('{"event": "ack", "data": {"up_to_seq": 1}}')
    assert value(meters.frames_sent, "notification") == sent[0]
    meters.frames.hand_over()
    meters.frames.hand_over()
    assert (value(meters.frames_sent, "notification"), value(meters.frames_sent, "other")) == (sent[0] + 1, sent[1] + 1)
    assert value(meters.frames_received, "ack") == acked + 1


def test_whatever_clients_may_say_is_counted_by_its_name_and_all_else_by_one() -> None:
    assert set(NotificationConsumer.OBEY) == frames.SPOKEN
    meters.frames.hand_over()
    parse('{"event": "made up by a client"}')
    assert list(meters.frames.received) == ["unknown"]
    meters.frames.hand_over()


async def test_a_close_is_counted_by_its_code_whoever_closes() -> None:
    def closed(code: str) -> float:
        return value(meters.closed, "websocket", code)

    before = closed("4401"), closed("1001"), closed("other")
    await SocketWire(nowhere).close(Close.NOT_AUTHENTICATED)
    frames.note_left(4401, after_us=True)
    frames.note_left(1001, after_us=False)
    frames.note_left(3999, after_us=False)
    frames.note_left(None, after_us=False)
    assert (closed("4401"), closed("1001"), closed("other")) == (before[0] + 1, before[1] + 1, before[2] + 2)


def test_many_equal_observations_are_as_many() -> None:
    def count() -> float:
        return float(sum(bucket.get() for bucket in meters.seconds_to_delivered._buckets))

    before, total = count(), meters.seconds_to_delivered._sum.get()
    meters.seconds_to_delivered.observe_many(0.2, 1000)
    assert count() == before + 1000
    assert meters.seconds_to_delivered._sum.get() == pytest.approx(total + 200)


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_counted() -> None:
    before = value(meters.read, "general")

    def read_in_vain() -> None:
        with transaction.atomic():
            meters.count_kinds(meters.read, {"general": 5})
            raise RuntimeError("in vain")

    with pytest.raises(RuntimeError, match="in vain"):
        read_in_vain()
    assert value(meters.read, "general") == before
    with transaction.atomic():
        meters.count_kinds(meters.read, {"general": 5})
    assert value(meters.read, "general") == before + 5
