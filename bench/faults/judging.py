"""After each fault: let everything come to rest, then compare every ledger with the database."""

from . import books
from .scene import Scene, ask

REST_S = 90.0
LEASES_S = 75.0  # a dead server's is 35 s; a socket that was cut without a FIN answers no ping for 40 s
MOST_NAMED = 3
SPARE_SHARE, SPARE_BYTES = 0.10, 20 * 2**20


async def judge(scene: Scene, *, thorough: bool) -> str:
    """What there is, in a few words; what is wrong is added to the findings. `thorough` waits for leases to lapse."""
    scene.stream.pause()
    await come_to_rest(scene)
    people = {device.user_id for device in scene.devices}
    kept = await ask(books.read, people)
    for device in scene.devices:
        note(scene, list(books.wrong_with(device, kept)))
    note(scene, list(books.holes(kept)))
    note(scene, scene.stream.wrong)
    note(scene, await ask(lambda: list(books.wrong_with_posted(scene.stream.posted))))
    note(scene, await ask(lambda: list(books.add_up())))
    if thorough:
        await nothing_left_behind(scene)
    _weigh(scene)
    shown = sum(len(device.shown) for device in scene.devices)
    return f"{len(scene.stream.posted)} events, {shown} shown on {len(scene.devices)} devices"


async def come_to_rest(scene: Scene) -> None:
    stream, devices = scene.stream, scene.devices
    await scene.until(lambda: stream.unanswered == 0, "every event answered", REST_S)
    await scene.until_found(books.open_events, "every row written", REST_S)
    heads = await ask(books.heads)
    arrived = lambda: all(one.is_live and one.cursor >= heads.get(one.user_id, 0) for one in devices)  # noqa: E731
    await scene.until(arrived, "every device up to date", REST_S)
    people = {device.user_id for device in devices}
    await scene.until_found(lambda: books.undelivered(people), "every row acknowledged", REST_S)
    counted = (await ask(books.read, people)).badges
    right = lambda: all(one.badge == counted.get(one.user_id, 0) for one in devices)  # noqa: E731
    await scene.until(right, "every badge right", REST_S)


async def nothing_left_behind(scene: Scene) -> None:
    connected = [device.connection_id or "" for device in scene.devices]
    await scene.until_found(books.lapsed_leases, "no lapsed lease", LEASES_S)
    await scene.until_found(lambda: books.ghosts(connected), "no ghost among the connections", LEASES_S)


def note(scene: Scene, wrong: list[str]) -> None:
    scene.findings += wrong[:MOST_NAMED]
    if len(wrong) > MOST_NAMED:
        scene.findings.append(f"… and {len(wrong) - MOST_NAMED} more")


def _weigh(scene: Scene) -> None:
    """A process that is new has its weight noted; an old one may not have grown beyond the spare."""
    for server in scene.servers:
        now = server.memory()
        before = scene.memory.setdefault(server.pid, now)
        grown = now - before
        scene.expect(
            grown <= before * SPARE_SHARE + SPARE_BYTES,
            f"{server.name} has grown by {grown / 2**20:.0f} MB from {before / 2**20:.0f} MB",
        )
