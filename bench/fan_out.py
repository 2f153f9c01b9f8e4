"""One broadcast to 1,000 open sockets: server CPU per delivery, ours beside the Channels tutorial's consumer.

The clock starts at the bell: our rows are written before. Same server (uvicorn, one process), same channel layer
class, same Valkey, same payload; bursts, so that each stack works as fast as it can.
"""

import asyncio
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer

from notifications.live.bell import GROUP, message
from notifications.live.rings import NewRing

from . import stage
from .crowd import Crowd
from .processes import PYTHON, ROOT, Process, free_port

SOCKETS = 1000
ROUNDS = 3
OURS, PEER = 60, 12  # broadcasts in a burst; the peer needs longer for each


@dataclass
class Round:
    us_per_delivery: float
    wall_s: float


async def run(folder: Path, redis_url: str) -> dict[str, list[Round]]:
    """Alternately, so that the noise of the machine falls on both."""
    users = stage.people(SOCKETS)
    found: dict[str, list[Round]] = {"tidings": [], "tidings, clients that acknowledge": [], "tutorial": []}
    for _ in range(ROUNDS):
        found["tidings"].append(await _ours(folder, redis_url, users, acks=False))
        found["tidings, clients that acknowledge"].append(await _ours(folder, redis_url, users, acks=True))
        found["tutorial"].append(await _tutorial(folder, redis_url))
    return found


async def _ours(folder: Path, redis_url: str, users: list[stage.Person], *, acks: bool) -> Round:
    port = free_port()
    command = [PYTHON, ROOT / "manage.py", "serve", "--port", str(port)]
    with Process(command, log=folder / "tidings.log") as server:
        await asyncio.to_thread(server.wait_for_port, port)
        crowd = Crowd(port, wanted=b'"event":"system_notification"', ready=b'"event":"caught_up"', acks=acks)
        await crowd.connect([f"/ws/notifications/?token={user.token}&last_seq={stage.head()}" for user in users])
        crowd.expect(0)
        rings = await asyncio.to_thread(stage.write_broadcasts, OURS + 2)
        if crowd.count:  # a heartbeat came while we wrote, and has shown the rows: that is its job, but not our subject
            crowd.leave()
            return await _ours(folder, redis_url, users, acks=acks)
        layer = RedisPubSubChannelLayer(hosts=[redis_url], prefix="tidings")
        await _burst(crowd, layer, rings[:2])
        return await _measure(server, crowd, layer, rings[2:])


async def _burst(crowd: Crowd, layer: RedisPubSubChannelLayer, rings: list[NewRing]) -> float:
    crowd.expect(len(rings) * SOCKETS)
    for ring in rings:
        await layer.group_send(GROUP, message([ring]))
    return await crowd.wait()


async def _measure(server: Process, crowd: Crowd, layer: RedisPubSubChannelLayer, rings: list[NewRing]) -> Round:
    before = server.cpu_s()
    wall = await _burst(crowd, layer, rings)
    if crowd.acks:
        await asyncio.sleep(1.5)  # the last acks and their one batch belong to the work
    spent = server.cpu_s() - before
    crowd.leave()
    await layer.flush()
    return Round(spent / (len(rings) * SOCKETS) * 1e6, wall)


async def _tutorial(folder: Path, redis_url: str) -> Round:
    port = free_port()
    command = [PYTHON, "-m", "uvicorn", "bench.tutorial.asgi:application", "--port", str(port), "--loop", "uvloop"]
    options = ["--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "--lifespan", "off"]
    with Process([*command, *options, "--log-level", "warning"], log=folder / "tutorial.log") as server:
        await asyncio.to_thread(server.wait_for_port, port)
        crowd = Crowd(port, wanted=b'"notification_type"', ready=None)
        await crowd.connect([f"/ws/{i}/" for i in range(SOCKETS)])
        layer = RedisPubSubChannelLayer(hosts=[redis_url], prefix="tutorial")
        event = {"type": "notify", "payload": stage.payload()}
        await _burst_tutorial(crowd, layer, event, 2)
        before = server.cpu_s()
        wall = await _burst_tutorial(crowd, layer, event, PEER)
        spent = server.cpu_s() - before
        crowd.leave()
        await layer.flush()
    return Round(spent / (PEER * SOCKETS) * 1e6, wall)


async def _burst_tutorial(crowd: Crowd, layer: RedisPubSubChannelLayer, event: dict[str, Any], times: int) -> float:
    crowd.expect(times * SOCKETS)
    for _ in range(times):
        await layer.group_send("everybody", event)
    return await crowd.wait()


def table(found: dict[str, list[Round]]) -> list[str]:
    peer = statistics.median(one.us_per_delivery for one in found["tutorial"])
    lines = [
        f"### Broadcast to {SOCKETS:,} sockets: server CPU per delivery",
        "",
        "| stack | µs CPU per delivery (min … max) | against the tutorial |",
        "|---|---|---|",
    ]
    for name, rounds in found.items():
        costs = [one.us_per_delivery for one in rounds]
        middle = statistics.median(costs)
        lines.append(f"| {name} | {middle:.1f} ({min(costs):.1f} … {max(costs):.1f}) | {peer / middle:.1f} × |")
    return lines
