"""Processes that die, at the worst moment that can be found."""

import asyncio
import time

from ..clients.device import Device
from ..cluster.parts import Part
from ..scene import Scene, ask

FOUND_WITHIN_S = 45.0  # the heartbeat's 30 s, and a machine that is busy with all of this
ROLLED_WITHIN_S = 10.0


async def between_commit_and_bell(scene: Scene) -> str:
    """The bytes of A's bell vanish, then A does: only the heartbeat of B can find what A has committed."""
    doomed, bell = scene.servers[0], scene.cluster.bells[0]
    watching = [device for device in scene.devices if device.user_id == scene.people.crew[0].id]
    await _move_to(scene, watching, scene.gates[1])
    bell.swallow()
    posted = [await _post_at(scene, doomed, scene.people.crew[0].id) for _ in range(5)]
    doomed.kill()
    began = time.monotonic()
    heads = await ask(_heads)
    arrived = lambda: all(one.cursor >= heads[one.user_id] for one in watching)  # noqa: E731
    await scene.until(arrived, "what nobody rang", FOUND_WITHIN_S)
    took = time.monotonic() - began
    await scene.setting.start()
    await _move_to(scene, watching, *scene.gates)
    return f"{len(posted)} committed, none rung; all found {took:.0f} s later"


async def at_random_moments(scene: Scene) -> str:
    """Kill a server again and again while it writes."""
    rounds = 3 if scene.quick else 12
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
    many = await crowd(scene, count)
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


# --- helpers of these plays ---------------------------------------------------
def _crew(scene: Scene) -> list[int]:
    return [person.id for person in scene.people.crew]


def _heads() -> dict[int, int]:
    from .. import books

    return books.heads()


async def _move_to(scene: Scene, devices: list[Device], *doors: str) -> None:
    for device in devices:
        device.doors, device.is_live = list(doors), False
        device.drop()
    await scene.all_live(devices)


async def _post_at(scene: Scene, server: Part, user_id: int) -> object:
    """One event, accepted by this very server."""
    doors = scene.stream.doors
    scene.stream.doors = [f"127.0.0.1:{server.port}"]  # type: ignore[attr-defined]
    try:
        return await scene.stream.tell([user_id])
    finally:
        scene.stream.doors = doors


async def crowd(scene: Scene, count: int) -> list[Device]:
    """So many more devices, of the people who had none, from as many addresses; they know all that is there."""
    heads = await ask(_heads)
    direct = [server.address for server in scene.servers]
    them = scene.people.crowd[:count]
    many = [
        Device(one.id, one.token, direct, seed=10_000 + i, since=heads.get(one.id, 0)) for i, one in enumerate(them)
    ]
    for i, device in enumerate(many):
        device.from_address = f"127.1.{i // 250}.{i % 250 + 1}"
    for i in range(0, count, 100):
        for device in many[i : i + 100]:
            device.start()
        await scene.all_live(many[i : i + 100])
    return many


async def disperse(scene: Scene, many: list[Device]) -> str:
    """Judge these, too, and let them go."""
    from ..judging import come_to_rest

    scene.stream.pause()
    regular = scene.devices
    scene.devices = regular + many
    try:
        await come_to_rest(scene)
        await _compare(scene, many)
    finally:
        scene.devices = regular
        await asyncio.gather(*(device.stop() for device in many))
    return f"{len(many)} sockets, {sum(len(device.shown) for device in many)} shown"


async def _compare(scene: Scene, many: list[Device]) -> None:
    from .. import books

    kept = await ask(books.read, {device.user_id for device in many})
    wrong = [one for device in many for one in books.wrong_with(device, kept)]
    scene.findings += wrong[:3] + ([f"… and {len(wrong) - 3} more"] if len(wrong) > 3 else [])
