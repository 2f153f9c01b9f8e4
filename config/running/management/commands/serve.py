"""manage.py serve: HTTP, WebSocket and SSE."""

import socket
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from config.running import serving
from config.running.supervisor import Part, Tree, say


class Command(BaseCommand):
    help = "Serve HTTP, WebSocket and SSE. Refuses an unprepared database (manage.py prepare)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--workers", type=int, default=1, help="how many processes share the port")
        parser.add_argument("--fd", type=int, help="a bound socket that is inherited, instead of host and port")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            listener = _listener(options["host"], options["port"], options["fd"])
            missing = None if options["skip_checks"] else serving.check()
            serving.listen(listener)
        except serving.CannotServe as refusal:
            raise CommandError(str(refusal)) from refusal
        if missing:
            say(missing)
        if options["workers"] > 1:
            sys.exit(_share(listener, options["workers"]))
        serving.serve(listener)


def _listener(host: str, port: int, inherited: int | None) -> socket.socket:
    return serving.bind(host, port) if inherited is None else socket.socket(fileno=inherited)


def _share(listener: socket.socket, workers: int) -> int:
    """The same port in several processes. They are killed when this one is; one that dies is started again."""
    connections.close_all()
    serving.raise_file_limit()
    fd = listener.fileno()
    manage = Path(settings.BASE_DIR) / "manage.py"
    command = [sys.executable, str(manage), "serve", "--skip-checks", "--fd", str(fd)]
    with Tree() as tree:
        for number in range(workers):
            tree.start(Part(f"server {number + 1}", command, fds=[fd]))
        code = tree.watch()
        listener.close()  # nobody may queue on a port that no process accepts from
    return code
