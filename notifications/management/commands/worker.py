"""manage.py worker: what is not done within a request. Any number, on any machine."""

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from notifications.workers.loop import Worker, sweep


class Command(BaseCommand):
    help = "Expand large audiences and do what falls due, until SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            while sweep():
                pass
            return
        worker = Worker()
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, lambda *_: worker.stop())
        worker.run()
