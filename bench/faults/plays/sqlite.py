"""The embedded default: killed as a whole, killed in a transaction, two writers, no more room."""

import asyncio
import contextlib
import sqlite3
import time

import psutil

from ..scene import Scene

GONE_WITHIN_S = 5.0
FULL_AT = 64 * 1024  # bytes: nothing can be written beyond, in any file
FULL_FOR_S = 4.0


async def killed_in_a_transaction(scene: Scene) -> str:
    """Kill -9 at a moment when somebody holds the write lock; the file stays whole, and nothing outlives `up`."""
    rounds, caught = (1 if scene.quick else 4), 0
    for _ in range(rounds):
        family = scene.embedded.family()
        told = scene.people.everyone
        big = asyncio.ensure_future(scene.stream.post({"to": {"everyone": True}}, told=told))
        caught += await _while_somebody_writes(scene)
        scene.servers[0].kill()
        began = time.monotonic()
        gone = lambda family=family: not any(_is_there(one) for one in family)  # noqa: E731
        await scene.until(gone, "all of `up` gone", GONE_WITHIN_S)
        scene.expect(time.monotonic() - began <= GONE_WITHIN_S, "orphans")
        said = _check(scene)
        scene.expect(said == "ok", f"integrity_check: {said}")
        await scene.setting.start()
        await big
    scene.expect(caught > 0, "no kill met a transaction")
    return f"{rounds} kills, {caught} of them met a transaction; integrity_check ok"


def _is_there(one: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(one.is_running() and one.status() != psutil.STATUS_ZOMBIE)
    return False


async def _while_somebody_writes(scene: Scene) -> bool:
    """Returns at a moment when the write lock is taken; False after five seconds without."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if _is_locked(scene):
            return True
        await asyncio.sleep(0.002)
    return False


def _is_locked(scene: Scene) -> bool:
    with contextlib.closing(sqlite3.connect(scene.embedded.database, timeout=0, isolation_level=None)) as here:
        try:
            here.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        here.execute("ROLLBACK")
        return False


def _check(scene: Scene) -> str:
    with contextlib.closing(sqlite3.connect(scene.embedded.database, timeout=5)) as here:
        return str(here.execute("PRAGMA integrity_check").fetchone()[0])


async def two_writers(scene: Scene) -> str:
    """A second server on the same file; both accept as fast as they can."""
    second = scene.embedded.another_server()
    second.start()
    await second.answers()
    doors, before = scene.stream.doors, sum(scene.stream.refusals.values())
    scene.stream.doors = [*doors, second.address]
    crew = [person.id for person in scene.people.crew]
    count = 40 if scene.quick else 200
    try:
        began = time.monotonic()
        await asyncio.gather(*(scene.stream.tell(scene.random.sample(crew, 5)) for _ in range(count)))
        took = time.monotonic() - began
    finally:
        scene.stream.doors = doors
        code, _ = await second.end()
    refused = sum(scene.stream.refusals.values()) - before
    scene.expect(refused == 0, f"{refused} posts were not accepted at once: {dict(scene.stream.refusals)}")
    scene.expect(code in (0, -15), f"the second server ended with {code}")
    return f"{count} events by two servers in {took:.1f} s, none refused"


async def disk_full(scene: Scene) -> str:
    """RLIMIT_FSIZE on every process: a post is refused or kept, never half; with room again all goes on."""
    family = [one for one in scene.embedded.family() if one.name() != "valkey-server"]
    before = {one: one.rlimit(psutil.RLIMIT_FSIZE) for one in family}
    refused = scene.stream.refusals.copy()
    crew = [person.id for person in scene.people.crew]
    for one, (_, hard) in before.items():
        one.rlimit(psutil.RLIMIT_FSIZE, (FULL_AT, hard))
    posts = asyncio.gather(*(scene.stream.tell(crew) for _ in range(8)))
    try:
        await scene.flow(FULL_FOR_S)
    finally:
        for one, limits in before.items():
            one.rlimit(psutil.RLIMIT_FSIZE, limits)
    await posts
    took = await scene.reaches(30)
    new = scene.stream.refusals - refused
    scene.expect(sum(new.values()) > 0, "no post met the full disk")
    said = ", ".join(f"{count} × {status or 'no answer'}" for status, count in sorted(new.items()))
    return f"refused meanwhile: {said}; with room again an event took {took:.1f} s"
