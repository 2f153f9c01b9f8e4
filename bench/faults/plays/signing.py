"""Sign-ins that end on an open socket, and acknowledgements that make no sense."""

import asyncio
import time

import httpx

from .. import books
from ..clients.bare import Bare
from ..clients.people import Person, renewed
from ..scene import Scene, ask
from .bells import kill_valkey

EXPIRES_IN_S = 5.0
CLOSED_WITHIN_S = 40.0  # docs/protocol.md §5 says 30 s; a busy machine gets ten more


async def expiry_and_revocation(scene: Scene) -> str:
    """One token runs out, one is revoked, on each server."""
    took = await _end_sign_ins(scene, scene.people.lone[1], scene.people.lone[2])
    return f"all closed 4401, the last after {took:.0f} s"


async def without_valkey(scene: Scene) -> str:
    """The same while nobody can be rung."""
    kill_valkey(scene)
    took = await _end_sign_ins(scene, scene.people.lone[3], scene.people.lone[4])
    await scene.setting.start()
    return f"all closed 4401, the last after {took:.0f} s"


async def _end_sign_ins(scene: Scene, expiring: Person, revoked: Person) -> float:
    short = await ask(renewed, expiring.id, lasts_s=EXPIRES_IN_S)
    fresh = await ask(renewed, revoked.id)
    sockets = [Bare(server.address, token) for server in scene.servers for token in (short, fresh)]
    async with asyncio.TaskGroup() as group:
        for one in sockets:
            group.create_task(one.__aenter__())
    began = time.monotonic()
    try:
        await scene.until(lambda: all(one.has("caught_up") for one in sockets), "four sockets signed in", 20)
        async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
            url = f"http://{scene.servers[0].address}/api/token/revoke/"
            answer = await http.post(url, headers={"Authorization": f"Bearer {fresh}"})
        scene.expect(answer.is_success, f"revoke answered {answer.status_code}")
        await scene.until(lambda: all(one.code for one in sockets), "all closed", CLOSED_WITHIN_S)
        scene.expect(all(one.code == 4401 for one in sockets), f"close codes {[one.code for one in sockets]}")
        return time.monotonic() - began
    finally:
        for one in sockets:
            await one.__aexit__(None, None, None)


async def strange_acks(scene: Scene) -> str:
    """Duplicate, backward, foreign and future: none may deliver what this socket was not sent, or take back."""
    mine, other = scene.people.lone[5], scene.people.lone[6]
    heads = await ask(books.heads)
    head, start = heads.get(mine.id, 0), heads.get(other.id, 0)
    for _ in range(3):
        await scene.stream.tell([mine.id])
        await scene.stream.tell([other.id])
    foreign = await ask(books.rows_after, other.id, start)
    async with Bare(scene.servers[0].address, mine.token, head) as one:
        await scene.until(lambda: len(one.seqs()) == 3, "three rows", 20)
        await one.say("ack", up_to_seq=head + 2)
        for up_to in (head + 2, head + 2, head + 1, 0):
            await one.say("ack", up_to_seq=up_to)
        for pk in foreign:
            await one.say("ack", id=pk)
        await _delivered(scene, mine.id, head, 2)
        await one.say("ack", up_to_seq=10**12)
        await _delivered(scene, mine.id, head, 3)
        await scene.stream.tell([mine.id])
        await scene.until(lambda: len(one.seqs()) == 4, "the fourth row", 20)
        await asyncio.sleep(1)  # four flushes of acks
        await _delivered(scene, mine.id, head, 3)
        scene.expect(one.code is None, f"the socket was closed with {one.code}")
    taken = await ask(books.delivered, other.id, after=start)
    scene.expect(taken == 0, f"{taken} rows of somebody else were delivered")
    return "2 of 3 delivered, then 3, and 3 of 4; none of somebody else"


async def _delivered(scene: Scene, user_id: int, after: int, count: int) -> None:
    def missing() -> str | None:
        found = books.delivered(user_id, after=after)
        return None if found == count else f"{found} delivered, not {count}"

    await scene.until_found(missing, "what is delivered", 10)
