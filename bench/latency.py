"""Single notifications, 200 a second, each to one of 1,000 open sockets: milliseconds from commit to the socket."""

import asyncio
import random
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import stage
from .crowd import Crowd
from .processes import PYTHON, ROOT, Process, free_port

SOCKETS, PER_SECOND, SECONDS, WRITERS = 1000, 200, 10, 2


async def run(folder: Path) -> list[float]:
    """Milliseconds from the return of notify(), that is from the commit, to the frame in the client."""
    people = stage.people(SOCKETS)
    port = free_port()
    committed: dict[bytes, float] = {}
    seen: dict[bytes, float] = {}
    with Process([PYTHON, ROOT / "manage.py", "serve", "--port", str(port)], log=folder / "latency.log") as server:
        await asyncio.to_thread(server.wait_for_port, port)

        def arrived(opening: bytes) -> None:
            at = opening.find(b'"id":') + 5
            seen[opening[at : opening.find(b",", at)]] = time.perf_counter()

        crowd = Crowd(port, wanted=b'"event":"notification"', ready=b'"event":"caught_up"', acks=True, on_frame=arrived)
        await crowd.connect([f"/ws/notifications/?token={p.token}&last_seq={stage.head()}" for p in people])
        crowd.expect(PER_SECOND * SECONDS)
        with ThreadPoolExecutor(WRITERS) as writers:
            began = time.perf_counter()
            sending = []
            for i in range(PER_SECOND * SECONDS):
                await asyncio.sleep(max(0.0, began + i / PER_SECOND - time.perf_counter()))
                sending.append(writers.submit(_send, random.choice(people).id, committed))
            await crowd.wait()
        crowd.leave()
    return [(seen[row] - at) * 1000 for row, at in committed.items()]


def _send(user_id: int, committed: dict[bytes, float]) -> None:
    from notifications import dispatch
    from notifications.events import Audience, Event

    event = Event(kind="general", audience=Audience(users=[user_id]), title=stage.TITLE, message=stage.TEXT)
    accepted = dispatch.notify(event)
    at = time.perf_counter()
    committed[str(accepted.rows.values_list("pk", flat=True).get()).encode()] = at


def table(found: list[float]) -> list[str]:
    cuts = statistics.quantiles(found, n=100)
    return [
        f"### Single sends, {PER_SECOND} a second, {SOCKETS:,} sockets open: commit to socket",
        "",
        "| p50 | p95 | p99 | most | sent |",
        "|---|---|---|---|---|",
        f"| {cuts[49]:.1f} ms | {cuts[94]:.1f} ms | {cuts[98]:.1f} ms | {max(found):.1f} ms | {len(found):,} |",
    ]
