"""What Valkey may do: fall silent, hang, come back empty. It only rings: nothing may be lost, no socket close."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import psutil

from ..scene import Scene

WITHOUT_BELL_S = 20.0  # the head check goes each second once the loss is noticed
UNNOTICED_S = 45.0  # a half-open link is noticed after 10 s of silence and a send that hangs for 5 s


@contextlib.asynccontextmanager
async def no_socket_closes(scene: Scene) -> AsyncIterator[None]:
    before = {device: device.connects for device in scene.devices}
    yield
    again = sum(device.connects != before[device] for device in scene.devices)
    scene.expect(not again, f"{again} devices had to connect again")


def kill_valkey(scene: Scene) -> None:
    if scene.setting.name == "cluster":
        scene.cluster.valkey.kill()
    else:
        scene.embedded.child("valkey-server").kill()


async def restarted_empty(scene: Scene) -> str:
    rounds = 2 if scene.quick else 5
    async with no_socket_closes(scene):
        for _ in range(rounds):
            kill_valkey(scene)
            if scene.setting.name == "cluster":
                await asyncio.sleep(0.2)
                scene.cluster.valkey.start()
            await scene.flow(3)
    return f"{rounds} restarts; no socket closed"


async def down(scene: Scene) -> str:
    async with no_socket_closes(scene):
        kill_valkey(scene)
        took = await scene.reaches(WITHOUT_BELL_S)
        await scene.flow(max(0.0, 10 - took))
        scene.cluster.valkey.start()
        again = await scene.reaches(WITHOUT_BELL_S)
    return f"while it was down an event took {took:.1f} s to be shown, afterwards {again:.1f} s"


async def half_open(scene: Scene) -> str:
    async with no_socket_closes(scene):
        for bell in scene.cluster.bells:
            bell.swallow()
        took = await scene.reaches(UNNOTICED_S)
        for bell in scene.cluster.bells:
            bell.work()
        again = await scene.reaches(UNNOTICED_S)
    return f"unnoticed at first: {took:.1f} s; with new links {again:.1f} s"


async def embedded_killed(scene: Scene) -> str:
    """`up` starts it again."""
    old = scene.embedded.child("valkey-server")
    async with no_socket_closes(scene):
        old.kill()
        took = await scene.reaches(WITHOUT_BELL_S)
        await scene.until(lambda: _is_new(scene, old), "another Valkey", 30)
    return f"started again by `up`; an event meanwhile took {took:.1f} s"


def _is_new(scene: Scene, old: psutil.Process) -> bool:
    try:
        return bool(scene.embedded.child("valkey-server").pid != old.pid)
    except LookupError:
        return False
