"""Single notifications, 200 a second, each to one of 1,000 open sockets: milliseconds from commit to the socket."""

import asyncio
import random
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import stage
from .live.clients import Clients, build
from .processes import PYTHON, ROOT, Process, free_port

SOCKETS, PER_SECOND, SECONDS, WRITERS = 1000, 200, 10, 2


async def run(folder: Path) -> list[float]:
    """Milliseconds from the return of notify(), that is from the commit, to the frame in the client."""
    people = stage.people(SOCKETS)
    port = free_port()
    with Process([PYTHON, ROOT / "manage.py", "serve", "--port", str(port)], log=folder / "latency.log") as server:
        await asyncio.to_thread(server.wait_for_port, port)
        paths = [f"/ws/notifications/?token={person.token}&last_seq={stage.head()}" for person in people]
        with Clients(build("clients", folder), port, "tidings", paths) as clients:
            clients.expect(PER_SECOND * SECONDS)
            with ThreadPoolExecutor(WRITERS) as writers:
                sending = [writers.submit(_send, number, random.choice(people).id) async for number in _paced()]
                await asyncio.to_thread(clients.wait)
            seen = dict(clients.samples())
    return [(seen[number] - one.result()) / 1e6 for number, one in enumerate(sending)]


async def _paced():
    began = time.monotonic()
    for number in range(PER_SECOND * SECONDS):
        await asyncio.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
        yield number


def _send(number: int, user_id: int) -> int:
    """When it was committed, in ns."""
    from notifications import dispatch
    from notifications.events import Audience, Event

    told = {"title": stage.TITLE, "message": stage.TEXT, "data": {"n": number}}
    dispatch.notify(Event(kind="general", audience=Audience(users=[user_id]), **told))
    return time.monotonic_ns()


def table(found: list[float]) -> list[str]:
    cuts = statistics.quantiles(found, n=100)
    return [
        f"### Single sends, {PER_SECOND} a second, {SOCKETS:,} sockets open: commit to socket",
        "",
        "| p50 | p95 | p99 | most | sent |",
        "|---|---|---|---|---|",
        f"| {cuts[49]:.1f} ms | {cuts[94]:.1f} ms | {cuts[98]:.1f} ms | {max(found):.1f} ms | {len(found):,} |",
    ]
