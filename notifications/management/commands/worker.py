"""manage.py worker: what is not done within a request. Any number, on any machine."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from notifications.workers.engine import Engine, do_what_is_due

LAST_RESORT_S = 9  # gone within 10 s, even when a provider hangs: its attempt is then of unknown outcome


class Command(BaseCommand):
    help = "Expand large audiences, send, and do what falls due, until SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            do_what_is_due()
            return
        ended = threading.Event()
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, lambda *_: ended.set())
        engine = Engine().start()
        ended.wait()
        signal.alarm(LAST_RESORT_S)
        engine.stop()
