"""Real worker processes and a real provider, for one test's database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from notifications.models import Delivery, Phone
from notifications.tests.crowd import make_person
from notifications.tests.test_crash import database_url
from notifications.tests.transports.provider import Provider

ROOT = Path(__file__).resolve().parents[3]
WITHIN_S = 60
WORKER = [sys.executable, "manage.py", "worker"]
CELERY = [sys.executable, "-m", "celery", "-A", "notifications.workers.celery", "worker", "-c", "2", "-l", "warning"]


def environment(provider: Provider, folder: Path, settings: Any, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "TIDINGS_LAYER_PREFIX": settings.LAYER_PREFIX,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SMS_URL": f"twilio://AC1:secret@+15005550006?base={provider.url}",
        "OUTBOUND_ALLOW": provider.netloc,
        "SMS_PER_MINUTE": "0",
        "SENDER_THREADS": "4",
        **more,
    }


@contextmanager
def running(command: list[str], env: dict[str, str], folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """In a session of its own, so that whatever it starts ends with it."""
    with (folder / "worker.log").open("ab") as log:
        child = subprocess.Popen(command, env=env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
    try:
        yield child
    finally:
        kill(child)


def kill(child: "subprocess.Popen[bytes]") -> None:
    """As a power cut would, with its children."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        child.wait()


def until(is_so: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.05)


def make_callable(count: int) -> list[User]:
    """People with a verified phone."""
    people = [make_person() for _ in range(count)]
    for person in people:
        Phone.objects.create(user=person, number=f"+49151{person.pk:08}", verified_at=timezone.now())
    return people


def end_leases() -> None:
    """As if half a minute had passed."""
    Delivery.objects.filter(lease__isnull=False).update(due_at=F("due_at") - timedelta(seconds=31))


def told(provider: Provider) -> list[str]:
    """The numbers that the provider was asked to write to, sorted."""
    return sorted(one.form["To"] for one in provider.received)


def numbers(people: list[User]) -> list[str]:
    return sorted(Phone.objects.filter(user__in=people).values_list("number", flat=True))


def in_state(state: str) -> int:
    return Delivery.objects.filter(state=state).count()
