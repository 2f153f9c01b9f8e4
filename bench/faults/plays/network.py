"""What lies between a client and its server: cuts that nobody is told of, drops, a reader who never reads, a storm."""

import asyncio
import time
from collections import Counter
from typing import Any

from .. import books
from ..clients import bare
from ..clients.crowd import crowd, disperse
from ..clients.device import Device
from ..scene import Scene, ask

PROBED_S = 30.0
SILENCE_S = 90.0  # 2.5 heartbeats are 62.5 s
DROP_S, EVERY_S = 2.0, 10.0
LARGE, MANY = 60_000, 200  # 12 MB: more than the buffers of two sockets take
TURNED_OUT_S = 90.0  # 30 s too slow, seen each 10 s, and 20 s until its socket is given up


async def cut_without_fin(scene: Scene) -> str:
    """Half of the devices lose their link and are not told. In the quick form the device sees its network change."""
    doors = Counter(device.door for device in scene.devices)
    gate = max(scene.setting.gates, key=lambda one: doors[one.address])  # earlier faults sent them to and fro
    cut = [device for device in scene.devices if device.door == gate.address]
    scene.expect(bool(cut), "nobody was there to be cut off")
    before = {device: device.connects for device in cut}
    gate.swallow()
    await scene.flow(2)
    gate.work()
    if scene.quick:
        for device in cut:
            device.probe()
    patience_s = PROBED_S if scene.quick else SILENCE_S
    began = time.monotonic()
    back = lambda: all(device.connects > before[device] and device.is_live for device in cut)  # noqa: E731
    await scene.until(back, "devices that were cut are back", patience_s)
    return f"{len(cut)} devices cut, all back {time.monotonic() - began:.0f} s later"


async def drops(scene: Scene) -> str:
    """Every client is thrown out for two seconds of every ten."""
    rounds = 2 if scene.quick else 6
    known = [len(device.shown) for device in scene.devices]
    for _ in range(rounds):
        for gate in scene.setting.gates:
            gate.refuse()
        await scene.flow(DROP_S)
        for gate in scene.setting.gates:
            gate.work()
        await scene.flow(EVERY_S - DROP_S)
    from ..judging import come_to_rest

    scene.stream.pause()
    await come_to_rest(scene)
    shown = sum(len(device.shown) - before for device, before in zip(scene.devices, known, strict=True))
    heads = await ask(books.heads)
    due = sum(heads[device.user_id] for device in scene.devices) - sum(known)
    return f"{shown} of {due} shown in {rounds * EVERY_S:.0f} s of drops: {100 * shown / max(due, 1):.1f} %"


async def never_reads(scene: Scene) -> str:
    """Somebody's second socket takes nothing; nobody else may feel it, and the server gives it up."""
    person = scene.people.lone[0]
    heads = await ask(books.heads)
    honest = Device(person.id, person.token, scene.gates, seed=77, since=heads.get(person.id, 0))
    honest.start()
    await scene.all_live([honest])
    stuck = await bare.open_deaf(scene.servers[0].port, person.token, heads.get(person.id, 0))
    try:
        padded: dict[str, Any] = {"data": {"pad": "x" * LARGE}}
        for _ in range(0, MANY, 8):
            await asyncio.gather(*(scene.stream.tell([person.id], **padded) for _ in range(8)))
        took = await scene.reaches(10)
        left = lambda: books.connections_of(person.id, most=1)  # noqa: E731
        await scene.until_found(left, "the reader who never reads is given up", TURNED_OUT_S)
        said = await disperse(scene, [honest])
    finally:
        stuck.close()
    return f"{MANY} × 60 KB beside a deaf socket; others waited {took:.1f} s; its own other device: {said}"


async def storm(scene: Scene) -> str:
    """Everybody at once, without any pause, while a broadcast goes out."""
    count = 1_000 if scene.quick or scene.setting.name == "embedded" else 10_000
    async with crowd(scene, count) as many:
        return await _storm(scene, many)


async def _storm(scene: Scene, many: list[Device]) -> str:
    told = scene.people.everyone
    first = asyncio.ensure_future(scene.stream.post({"to": {"everyone": True}}, told=told))
    began = time.monotonic()
    for device in many:
        device.hurried, device.is_live = True, False
        device.drop()
    second = asyncio.ensure_future(scene.stream.post({"to": {"everyone": True}}, told=told))
    await scene.all_live(many, within_s=180)
    took = time.monotonic() - began
    await asyncio.gather(first, second)
    put_off = sum(device.codes[4429] for device in many)
    return f"all live again after {took:.1f} s, {put_off} were told to come later; {await disperse(scene, many)}"
