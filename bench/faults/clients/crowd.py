"""Many more devices for a while: connected, judged, and let go."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .. import books
from ..judging import come_to_rest, note
from ..scene import Scene, ask
from .device import Device

AT_ONCE = 100
LONGEST_S = 30.0  # between two tries, as client.js has it
SIGN_IN_S = 60.0  # client.js waits 10; here all of them share one process, which keeps them waiting itself


@asynccontextmanager
async def crowd(scene: Scene, count: int) -> AsyncIterator[list[Device]]:
    """So many, of the people who had none, each connected and from one of many addresses; they know all there is.

    Whatever happens meanwhile, they are gone afterwards: they would weigh on every fault that follows.
    """
    heads = await ask(books.heads)
    direct = [server.address for server in scene.servers]
    them = scene.people.crowd[:count]
    many = [
        Device(one.id, one.token, direct, seed=10_000 + i, since=heads.get(one.id, 0)) for i, one in enumerate(them)
    ]
    for i, device in enumerate(many):
        device.from_address = f"127.1.{i // 250}.{i % 250 + 1}"  # the server limits each address
        device.longest_s, device.sign_in_s = LONGEST_S, SIGN_IN_S
    try:
        for i in range(0, len(many), AT_ONCE):
            for device in many[i : i + AT_ONCE]:
                device.start()
            await scene.all_live(many[i : i + AT_ONCE])
        scene.weigh_anew()  # so many sockets are what these servers are used to from here on
        yield many
    finally:
        await leave(many)


async def leave(many: list[Device]) -> None:
    await asyncio.gather(*(device.stop() for device in many))


async def disperse(scene: Scene, many: list[Device]) -> str:
    """Judge these, too, and let them go."""
    scene.stream.pause()
    regular = scene.devices
    scene.devices = [*regular, *many]
    try:
        await come_to_rest(scene)
        kept = await ask(books.read, {device.user_id for device in many})
        note(scene, [wrong for device in many for wrong in books.wrong_with(device, kept)])
    finally:
        scene.devices = regular
        await leave(many)
    return f"{len(many)} sockets, {sum(len(device.shown) for device in many)} rows shown"
