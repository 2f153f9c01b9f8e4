"""manage.py up: all of Tidings on this machine as one process tree. `make run` is this."""

import signal
import socket
import sys
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.running import embedded, processes, serving
from config.running.supervisor import Part, Tree, say


class Command(BaseCommand):
    help = "Start everything: the embedded Valkey (unless REDIS_URL is set), prepare, demo data, server and worker."
    requires_system_checks = []  # `prepare` makes them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--parent", type=int, help="end when our parent, which has this id, ends (make)")

    def handle(self, *args: Any, **options: Any) -> None:
        with Tree(is_unwanted=_bound_to(options["parent"]) if options["parent"] else lambda: False) as tree:
            try:
                listener = serving.bind(options["host"], options["port"])
                claim = start_valkey(tree)
            except (serving.CannotServe, embedded.AlreadyRunning) as refusal:
                raise CommandError(str(refusal)) from refusal
            code = prepare(tree) or serve(tree, listener)
        if claim:
            claim.release()
        sys.exit(code)


def _bound_to(parent: int) -> Callable[[], bool]:
    """End with make, by signal when it is killed; the answer tells whether it waits for our end.

    Ctrl-C in a terminal reaches both of us. A SIGINT sent to make alone is not passed on: make blocks further ones and
    waits for its children.
    """
    processes.die_with(parent, signal.SIGTERM)
    was_free = False

    def waits() -> bool:
        nonlocal was_free
        blocks = processes.blocks_interrupt(parent)
        was_free = was_free or not blocks  # who blocks them from the start says nothing by it
        return blocks and was_free

    return waits


def start_valkey(tree: Tree) -> embedded.Claim | None:
    """Raises AlreadyRunning."""
    if settings.REDIS_URL not in (None, embedded.socket_url(settings.DATA_DIR)):
        return None
    claim = embedded.claim(settings.DATA_DIR)
    program = embedded.find_server()
    if program is None:
        say("There is no Valkey for this platform: install valkey-server or redis-server, or set REDIS_URL.")
        return claim
    command = embedded.command(program, settings.DATA_DIR)
    log = embedded.log_file(settings.DATA_DIR)
    part = Part("valkey", command, store=True, log=log)
    tree.start(part)
    if not embedded.wait_until_ready(settings.DATA_DIR, is_running=lambda: tree.is_running(part)):
        say(f"The embedded Valkey does not answer; see {log}")
    return claim


def prepare(tree: Tree) -> int:
    """Its exit code; it has said what was wrong."""
    demo = ["--demo"] if settings.DEBUG else []
    return tree.run(Part("prepare", _manage("prepare", "--verbosity", "0", *demo)))


def serve(tree: Tree, listener: socket.socket) -> int:
    """Until somebody ends us (0), or the server ends (its exit code)."""
    if tree.asked:
        return 0
    address = serving.address_of(listener)
    fd = listener.fileno()
    tree.start(Part("serve", _manage("serve", "--fd", str(fd)), vital=True, fds=[fd]))
    listener.close()  # once the server stops to accept, nobody may queue at our copy
    tree.start(Part("worker", _manage("worker")))
    return tree.watch(Welcome(address))


class Welcome:
    """Says once where to go, as soon as somebody is there to answer."""

    def __init__(self, address: str) -> None:
        self.address, self.said = address, False

    def __call__(self) -> None:
        if self.said or not _is_alive(self.address):
            return
        self.said = True
        print(f"\n  Tidings is at http://{self.address}/", flush=True)
        if settings.DEBUG:
            print("  Sign in as engineer, manager, requester or admin; the password is demo.", flush=True)
        print("  Ctrl-C ends it.\n", flush=True)


def _is_alive(address: str) -> bool:
    connection = HTTPConnection(address, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500  # a host that is not allowed gets a 400, and an answer
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _manage(*words: str) -> list[str | Path]:
    return [sys.executable, settings.BASE_DIR / "manage.py", *words]
