"""Workers that are killed while they send: nothing is lost, nobody is written to twice, and what is unknown says so."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notifications.models import Attempt, Delivery
from notifications.tests.crowd import send
from notifications.tests.transports.provider import Provider
from notifications.workers.sending import Sender

from .outward import (
    CELERY,
    WITHIN_S,
    WORKER,
    end_leases,
    environment,
    in_state,
    kill,
    make_callable,
    numbers,
    running,
    told,
    until,
)

pytestmark = pytest.mark.django_db(transaction=True)
ENGINES = pytest.mark.parametrize(
    ("command", "engine"),
    [
        pytest.param(WORKER, "worker", id="worker"),
        pytest.param(CELERY, "celery", id="celery", marks=pytest.mark.once),  # it starts the same threads
    ],
)


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    provider = Provider()
    settings.CHANNEL_URLS = {"sms": f"twilio://AC1:secret@+15005550006?base={provider.url}"}
    settings.OUTBOUND_ALLOW = [provider.netloc]
    settings.CHANNEL_CAPS = {}
    yield provider
    provider.close()


@ENGINES
def test_what_is_due_is_sent_once_by_another_process(
    provider: Provider, settings: Any, tmp_path: Path, command: list[str], engine: str
) -> None:
    people = make_callable(20)
    with running(command, environment(provider, tmp_path, settings, NOTIFICATION_ENGINE=engine), tmp_path) as worker:
        send(*people, channels=["sms"])
        until(lambda: in_state("sent") == len(people), "all sent")
        worker.send_signal(signal.SIGTERM)
        worker.wait(WITHIN_S)
    assert told(provider) == numbers(people)
    assert set(Attempt.objects.values_list("number", "outcome")) == {(1, "sent")}


@ENGINES
def test_a_worker_killed_while_it_sends_loses_nothing_and_repeats_nothing(
    provider: Provider, settings: Any, tmp_path: Path, command: list[str], engine: str
) -> None:
    people = make_callable(12)
    env = environment(provider, tmp_path, settings, NOTIFICATION_ENGINE=engine)
    for _ in range(2):
        provider.hangs()
    send(*people, channels=["sms"])
    with running(command, env, tmp_path) as worker:
        until(lambda: in_state("sent") == len(people) - 2, "all but the two that hang")
        kill(worker)
    end_leases()
    with running(command, env, tmp_path):
        until(lambda: in_state("unknown") == 2, "the two are called unknown")
    assert in_state("sent") == len(people) - 2
    assert told(provider) == numbers(people)  # each once, the two whose answer never came as well
    assert set(Delivery.objects.filter(state="unknown").values_list("reason", flat=True)) == {"outcome_unknown"}


def test_many_workers_share_the_work_and_double_none(provider: Provider, settings: Any, tmp_path: Path) -> None:
    people = make_callable(40)
    env = environment(provider, tmp_path, settings, NOTIFICATION_ENGINE="worker")
    with running(WORKER, env, tmp_path), running(WORKER, env, tmp_path), running(WORKER, env, tmp_path):
        send(*people, channels=["sms"])
        until(lambda: in_state("sent") == len(people), "all sent")
    assert told(provider) == numbers(people)


@pytest.mark.once
def test_once_does_what_is_due_and_ends(provider: Provider, settings: Any, tmp_path: Path) -> None:
    people = make_callable(3)
    send(*people, channels=["sms"])
    with running([*WORKER, "--once"], environment(provider, tmp_path, settings), tmp_path) as worker:
        assert worker.wait(WITHIN_S) == 0
    assert told(provider) == numbers(people)


@pytest.mark.once
def test_a_worker_that_is_asked_to_end_leaves_nothing_leased(provider: Provider, settings: Any, tmp_path: Path) -> None:
    people = make_callable(2)
    with running(WORKER, environment(provider, tmp_path, settings), tmp_path) as worker:
        send(*people, channels=["sms"])
        until(lambda: in_state("sent") == 2, "all sent")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(WITHIN_S) == 0
    assert not Delivery.objects.filter(lease__isnull=False).exists()


def test_a_channel_that_hangs_takes_half_of_the_threads_at_most(
    provider: Provider, settings: Any, tmp_path: Path
) -> None:
    settings.CHANNEL_URLS = {**settings.CHANNEL_URLS, "email": f"file://{tmp_path}"}
    people = make_callable(8)
    for person in people:
        person.email = f"{person.username}@example.org"
        person.save()
        provider.hangs()
    sender = Sender(threads=4).start()
    try:
        send(*people, channels=["sms"])
        until(lambda: len(provider.received) == 2, "two threads are caught")
        send(*people, channels=["email"])
        until(lambda: in_state("sent") == len(people), "the letters go out beside them")
        assert len(provider.received) == 2
    finally:
        provider.close()
        sender.stop()
