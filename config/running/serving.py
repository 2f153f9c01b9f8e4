"""`serve`: HTTP, WebSocket and SSE on uvicorn, and what must hold before it listens."""

import asyncio
import contextlib
import ctypes
import gc
import logging
import resource
import signal
import socket
import sys

import uvicorn
from django.conf import settings

from . import embedded, health
from .framing import FramingProtocol

log = logging.getLogger("tidings.serving")
BACKLOG = 4096
DRAIN_S = 3.0
GRACE_S = 4  # for requests still running after the drain
LAST_RESORT_S = 9  # CONTRACT §1: gone within 10 s, even when a thread hangs in a query
USER_TIMEOUT_MS = 20_000
MALLOC = {-8: 2, -3: 64 * 1024, -1: 128 * 1024}  # mallopt(3): at most two arenas; bytes for a mapping; bytes to trim
COLLECT_AFTER = (10_000, 20, 100)  # Python's own 700, 10, 10 spend half of a broadcast's time looking for garbage


class CannotServe(Exception):
    """One line for the operator."""


def check() -> str | None:
    """Refuse to serve what cannot work. The answer: what will be missing, if anything. Raises CannotServe."""
    if problem := health.database_problem() or health.preparation_problem():
        raise CannotServe(problem)
    problem = health.redis_problem()
    if problem and settings.REDIS_URL and not _is_embedded(settings.REDIS_URL):
        raise CannotServe(problem)
    return "No Redis answers: nothing is rung, everything still arrives by heartbeat and sweep." if problem else None


def _is_embedded(url: str) -> bool:
    """The socket of a run that was killed is no order of the operator's."""
    return url == embedded.socket_url(settings.DATA_DIR)


def bind(host: str, port: int) -> socket.socket:
    """A bound socket that does not listen yet: who comes too early is refused, not left waiting. Raises CannotServe."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sys.platform == "linux":  # frees what a peer that vanished still has to be sent; accepted sockets inherit it
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
        listener.bind(address)
    except OSError as error:
        raise CannotServe(f"Cannot listen on {host}:{port}: {error.strerror}. Choose another: PORT=8001") from error
    return listener


def listen(listener: socket.socket) -> None:
    """Raises CannotServe: between two that have bound the port, this decides."""
    try:
        listener.listen(BACKLOG)
    except OSError as error:
        raise CannotServe(f"Cannot listen on {address_of(listener)}: {error.strerror}") from error


def address_of(listener: socket.socket) -> str:
    """As in a URL; somebody on this machine can open it."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def raise_file_limit() -> None:
    """A socket is a file, and the usual soft limit is 1,024."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def give_memory_back() -> None:
    """Have glibc keep less of what a crowd or large messages needed: by itself, each thread hoards its own."""
    with contextlib.suppress(AttributeError, OSError):  # another libc
        for option, value in MALLOC.items():
            ctypes.CDLL(None).mallopt(option, value)


class Server(uvicorn.Server):
    """uvicorn that says good-bye to its sockets first."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.freeze()  # what is loaded by now stays: no collection looks at it again
        gc.set_threshold(*COLLECT_AFTER)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        from notifications.sockets import process

        signal.alarm(LAST_RESORT_S)
        for server in self.servers:
            server.close()  # those we send away must find another process, not this one
        for listener in sockets or []:
            listener.close()
        try:
            await asyncio.wait_for(process.drain(within_s=DRAIN_S), DRAIN_S + 1)
        except Exception as error:  # the database is away, say: that must not keep this process from ending
            log.warning("drain failed: %s: %s", type(error).__name__, error)
        await super().shutdown(sockets)


def serve(listener: socket.socket) -> None:
    """Until SIGTERM or SIGINT, then drain and return."""
    from notifications.workers.engine import Engine

    raise_file_limit()
    give_memory_back()
    for ending in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises it once more when it has finished
        signal.signal(ending, lambda *_: None)
    engine = Engine(sends=settings.NOTIFICATION_ENGINE == "thread").start()
    server = Server(_config())
    try:
        server.run(sockets=[listener])
    finally:
        engine.stop()


def _config() -> uvicorn.Config:
    return uvicorn.Config(
        "config.asgi:application",
        interface="asgi3",
        loop="uvloop",
        http="httptools",
        ws=FramingProtocol,
        ws_max_size=64 * 1024,
        ws_per_message_deflate=False,  # 3 × the CPU, 2 × the memory
        ws_ping_interval=20,
        ws_ping_timeout=20,
        lifespan="off",
        access_log=False,  # it has the query string, and that may hold a token
        log_config=None,
        server_header=False,
        backlog=BACKLOG,
        proxy_headers=bool(settings.TRUSTED_PROXIES),
        forwarded_allow_ips=settings.TRUSTED_PROXIES,
        timeout_graceful_shutdown=GRACE_S,
    )
