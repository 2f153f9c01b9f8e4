"""The engine inside Celery, for installations that run it anyway: celery -A notifications.workers.celery worker

Celery keeps the processes alive and passes “look now” on; what is due, when, and who has leased it stays in our rows.
So a lost message costs a second, not a notification, and no task waits in a broker.
"""

import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from celery import Celery, signals
from django.conf import settings

log = logging.getLogger("tidings.celery")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
BROKER_ANSWERS_WITHIN_S = 2.0
STALE_AFTER_S = 5  # a “look now” that old says nothing: everybody has looked since

app = Celery("tidings")
app.conf.update(
    task_ignore_result=True,
    broker_connection_timeout=BROKER_ANSWERS_WITHIN_S,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"socket_connect_timeout": BROKER_ANSWERS_WITHIN_S},
    worker_hijack_root_logger=False,
)
_engine: Any = None  # of this process


def broker_url(redis_url: str) -> str:
    """Celery's spelling of a Redis behind a socket.

    >>> broker_url("unix:///run/valkey.sock"), broker_url("redis://cache:6379/0")
    ('redis+socket:///run/valkey.sock', 'redis://cache:6379/0')
    """
    return redis_url.replace("unix://", "redis+socket://", 1)


@app.on_configure.connect  # type: ignore[untyped-decorator] # Celery has no types
def _configure(sender: Celery, **_: Any) -> None:
    sender.conf.broker_url = broker_url(settings.REDIS_URL or "")
    sender.conf.task_default_queue = f"{settings.LAYER_PREFIX}.work"


@app.task(name="tidings.look_now")  # type: ignore[untyped-decorator] # Celery has no types
def look_now() -> None:
    """Something is due: wake this process's senders."""
    from ..delivery import queue

    queue.work.set()


@signals.worker_process_init.connect  # type: ignore[untyped-decorator] # Celery has no types
def _start(**_: Any) -> None:
    """In each of Celery's processes."""
    global _engine
    from .engine import Engine

    _engine = Engine().start()


@signals.worker_process_shutdown.connect  # type: ignore[untyped-decorator] # Celery has no types
def _stop(**_: Any) -> None:
    if _engine:
        _engine.stop()


class Poke:
    """Tells Celery that something is due; never blocks, never raises, and says it once however often it is asked."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="poke")
        self._lock = threading.Lock()
        self._is_said = False

    def __call__(self) -> None:
        with self._lock:
            if self._is_said:
                return
            self._is_said = True
        self._pool.submit(self._say)

    def _say(self) -> None:
        with self._lock:
            self._is_said = False
        try:
            look_now.apply_async(expires=STALE_AFTER_S, retry=False)
        except Exception as error:  # the broker is away: every process looks each second anyway
            log.warning("Celery not told: %s: %s", type(error).__name__, error)
