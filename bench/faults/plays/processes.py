"""Processes that die at the worst moment that can be found, are replaced, or have a wrong clock."""

import asyncio
import time
from pathlib import Path

from .. import books
from ..clients.crowd import crowd, disperse
from ..clients.device import Device
from ..cluster.parts import Server
from ..scene import Scene, ask

CLOCK = Path(__file__).resolve().parent.parent / "clock"  # its sitecustomize.py sets a process's clock
FOUND_WITHIN_S = 45.0  # the heartbeat's 30 s, and a machine that is busy with all of this
ROLLED_WITHIN_S = 10.0


async def between_commit_and_bell(scene: Scene) -> str:
    """The bytes of A's bell vanish, then A does: only the heartbeat of B can find what A has committed."""
    doomed, bell = scene.servers[0], scene.cluster.bells[0]
    scene.stream.pause()  # an event from B would tell of the gap
    await scene.until(lambda: scene.stream.unanswered == 0, "every event answered", 60)
    watching = [device for device in scene.devices if device.user_id == scene.people.crew[0].id]
    await _move_to(scene, watching, scene.gates[1])
    bell.swallow()
    posted = [await _post_at(scene, doomed, scene.people.crew[0].id) for _ in range(5)]
    doomed.kill()
    began = time.monotonic()
    heads = await ask(books.heads)
    arrived = lambda: all(one.cursor >= heads[one.user_id] for one in watching)  # noqa: E731
    await scene.until(arrived, "what nobody rang", FOUND_WITHIN_S)
    took = time.monotonic() - began
    await scene.setting.start()
    await _move_to(scene, watching, *scene.gates)
    return f"{len(posted)} committed, none rung; all found {took:.0f} s later"


async def at_random_moments(scene: Scene) -> str:
    """Kill a server again and again while it writes."""
    rounds = (1 if scene.quick else 3) if scene.setting.name == "embedded" else (2 if scene.quick else 5)
    for number in range(rounds):
        victim = scene.servers[number % len(scene.servers)]
        burst = asyncio.gather(*(scene.stream.tell(_crew(scene)) for _ in range(6)))
        await asyncio.sleep(scene.random.uniform(0, 0.15))
        victim.kill()
        await scene.setting.start()
        await burst
    return f"{rounds} kills in bursts of 6 to all; {sum(scene.stream.refusals.values())} posts repeated so far"


async def with_many_sockets(scene: Scene) -> str:
    """A thousand sockets, half of them on the server that dies in the midst of a burst to all."""
    count = 200 if scene.quick else 1_000
    async with crowd(scene, count) as many:
        burst = asyncio.gather(
            *(scene.stream.post({"to": {"everyone": True}}, told=scene.people.everyone) for _ in range(5))
        )
        await scene.until(lambda: any(device.shown for device in many), "the burst", 60)
        scene.servers[0].kill()
        await asyncio.sleep(1)
        await scene.setting.start()
        await burst
        return await disperse(scene, many)


async def rolling_restart(scene: Scene) -> str:
    """SIGTERM to one after the other, under load: exit code 0 within 10 s, and nobody misses anything."""
    said = []
    for part in scene.setting.parts:
        code, took = await part.end()
        said.append(f"{part.name} {took:.1f} s")
        scene.expect(code in (0, -15), f"{part.name} ended with {code}")
        scene.expect(took <= ROLLED_WITHIN_S, f"{part.name} took {took:.1f} s to end")
        await scene.setting.start()
        await scene.all_live()
    return "ended in " + ", ".join(said)


async def wrong_clocks(scene: Scene) -> str:
    """A server, then a worker, ten minutes ahead; then ten minutes behind."""
    for minutes in (10, -10):
        for part in (scene.setting.parts[0], scene.setting.parts[-1]):
            await part.end()
            part.start(PYTHONPATH=str(CLOCK), TIDINGS_FAULTS_CLOCK=str(60 * minutes))
            await scene.setting.start()
            await scene.all_live()
            await scene.flow(3 if scene.quick else 12)
            over = sum(device.over for device in scene.devices)
            scene.expect(not over, f"{over} devices were turned away by {part.name} at {minutes:+} min")
            await part.end()
            await scene.setting.start()
    return "server and worker, +10 and -10 min"


# --- helpers of these plays ---------------------------------------------------
def _crew(scene: Scene) -> list[int]:
    return [person.id for person in scene.people.crew]


async def _move_to(scene: Scene, devices: list[Device], *doors: str) -> None:
    for device in devices:
        device.doors, device.is_live = list(doors), False
        device.drop()
    await scene.all_live(devices)


async def _post_at(scene: Scene, server: Server, user_id: int) -> object:
    """One event, accepted by this very server."""
    doors, scene.stream.doors = scene.stream.doors, [server.address]
    try:
        return await scene.stream.tell([user_id])
    finally:
        scene.stream.doors = doors
