"""A worker with 16 threads against a provider that answers in 50 ms; and claiming work with 1,000,000 waiting.

On Postgres, two channels: one alone may take half of the threads.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import stage
from .processes import CLIENT_CORE, PYTHON, Process, free_port

THREADS, PEOPLE, ROUNDS = 16, 1500, 3
WAITING, CLAIMS = 1_000_000, 20
CHANNELS = ("sms", "whatsapp")


@dataclass
class Round:
    per_s: float
    busy_threads: float  # on the average, of THREADS


def run() -> list[str]:
    """The table. Measured in a process of its own: this one's database is another."""
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    said = subprocess.run([sys.executable, "-m", "bench.sending"], stdout=subprocess.PIPE, text=True, check=True)
    return said.stdout.splitlines()


_in_make: list[float] = []  # seconds of each call: what a thread does besides waiting for its next attempt


def _watch_threads() -> None:
    from notifications.delivery.attempts.attempt import Begun

    make = Begun.make

    def timed(begun: Begun) -> Any:
        began = time.perf_counter()
        try:
            return make(begun)
        finally:
            _in_make.append(time.perf_counter() - began)

    Begun.make = timed  # type: ignore[method-assign]


def _send() -> Round:
    """Everybody is written to on both channels; the clock starts when the rows are there."""
    from notifications import dispatch, expansion
    from notifications.events import Audience, Event
    from notifications.models import Delivery
    from notifications.workers.sending import Sender

    event = dispatch.notify(
        Event(kind="general", audience=Audience(everyone=True), message=stage.TEXT, channels=CHANNELS)
    )
    while expansion.expand_chunk(event.pk):
        pass
    sender = Sender(THREADS)
    began = time.perf_counter()
    sender.start()
    while Delivery.objects.filter(event=event, state="waiting").exists():
        time.sleep(0.05)
    took = time.perf_counter() - began
    sender.stop()
    busy, _in_make[:] = sum(_in_make), []
    return Round(len(CHANNELS) * PEOPLE / took, busy / took)


def _claim() -> tuple[float, list[str]]:
    """(milliseconds a claim, the plan of one walk) with a million rows waiting, half of them due."""
    from django.db import connection

    from notifications.delivery import queue
    from notifications.models import Delivery, Event

    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO notifications_delivery (event_id, channel, target, rung, outcome, reason, state, priority,
                      due_at, attempts, forgiven, provider_id, receipt, last_error, created_at)
               SELECT %s, 'email', '', 0, 'send', 'kind_default', 'waiting', n %% 5,
                      now() + (CASE WHEN n %% 2 = 0 THEN interval '1 hour' ELSE interval '-1 hour' END),
                      0, 0, '', '', '', now() FROM generate_series(1, %s) n""",
            [Event.objects.latest("created_at").pk, WAITING],
        )
        cursor.execute("ANALYZE notifications_delivery")
        times = []
        for _ in range(CLAIMS):
            began = time.perf_counter()
            assert len(queue.claim({"email": THREADS}, most=THREADS)) == THREADS
            times.append((time.perf_counter() - began) * 1000)
        due = Delivery.objects.filter(channel="email", priority=4, state__in=["waiting", "held"])
        plan = due.filter(due_at__lte=Event.objects.latest("created_at").created_at).order_by("due_at")[:64]
        return statistics.median(times), plan.explain().splitlines()


def _table(rounds: list[Round], claim_ms: float, plan: list[str]) -> list[str]:
    busy = statistics.median(one.busy_threads for one in rounds)
    rate = statistics.median(one.per_s for one in rounds)
    return [
        f"### A worker with {THREADS} threads, a provider that answers in 50 ms, on Postgres",
        "",
        f"{busy:.1f} of {THREADS} threads busy, {rate:.0f} attempts a second (medians of {ROUNDS}).",
        "",
        f"Claiming {THREADS} of {WAITING:,} waiting deliveries: {claim_ms:.1f} ms. One walk of its query:",
        "",
        "```",
        *plan,
        "```",
    ]


def main() -> None:
    from config.running.tests import postgres

    port = free_port()
    provider = f"http://127.0.0.1:{port}"
    os.environ["DATABASE_URL"] = postgres.start()
    os.environ["SMS_URL"] = f"twilio://AC1:secret@+15005550006?base={provider}"
    os.environ["WHATSAPP_URL"] = f"whatsapp://token@1?base={provider}"
    os.environ["SMS_PER_MINUTE"] = os.environ["WHATSAPP_PER_MINUTE"] = "0"
    os.environ.pop("REDIS_URL", None)
    folder = stage.set_up()
    try:
        command = [PYTHON, "-m", "bench.slow_provider", str(port)]
        with Process(command, log=Path(folder) / "provider.log", core=CLIENT_CORE) as slow:
            stage.prepare()
            slow.wait_for_port(port)
            _phones()
            _watch_threads()
            rounds = [_send() for _ in range(ROUNDS)]
        print("\n".join(_table(rounds, *_claim())))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _phones() -> None:
    from django.utils import timezone

    from notifications.models import Phone

    people = stage.people(PEOPLE)
    now = timezone.now()
    Phone.objects.bulk_create(Phone(user_id=one.id, number=f"+4915{one.id:09}", verified_at=now) for one in people)


if __name__ == "__main__":
    main()
