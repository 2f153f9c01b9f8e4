"""The fake: it keeps what was sent, and fails as it is told."""

import threading

import pytest

from notifications.transports import memory
from notifications.transports.base import Accepted, TransportError
from notifications.transports.memory import Memory

from .words import ANN, message


def test_it_keeps_what_was_sent() -> None:
    accepted = Memory("email").send(message(), ANN)
    assert accepted.provider_id == "memory-d-1"
    (sent,) = memory.outbox
    assert (sent.channel, sent.message, sent.address) == ("email", message(), ANN)


def test_it_ends_as_planned_each_channel_by_its_own_plan() -> None:
    memory.plan("email", TransportError("busy", retry_after_s=3), Accepted(provider_id="m-1"))
    Memory("sms").send(message(), ANN)
    with pytest.raises(TransportError, match="busy") as failed:
        Memory("email").send(message(), ANN)
    assert failed.value.retry_after_s == 3
    assert Memory("email").send(message(), ANN).provider_id == "m-1"
    assert Memory("email").send(message(), ANN).provider_id == "memory-d-1"
    assert [sent.channel for sent in memory.outbox] == ["sms", "email", "email"]


def test_waiting_for_what_another_thread_sends() -> None:
    thread = threading.Thread(target=lambda: Memory("push").send(message(), ANN))
    thread.start()
    assert len(memory.wait_for(1)) == 1
    thread.join()


def test_clearing_forgets_letters_and_plans() -> None:
    memory.plan("email", TransportError("busy"))
    Memory("sms").send(message(), ANN)
    memory.clear()
    assert memory.outbox == []
    Memory("email").send(message(), ANN)
