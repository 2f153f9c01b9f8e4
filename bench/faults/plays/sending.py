"""Workers that die in the midst of a chunk, and of a message that the provider already has."""

import signal
import time
from datetime import UTC, datetime, timedelta

import psycopg

from .. import books
from ..clients.stream import Posted
from ..scene import Scene, ask

DUE_IN_S = 2.0
SETTLED_WITHIN_S = 100.0  # a lease is 30 s, the webhook's next try 5 s later
PER_CHANNEL = 4  # half of a worker's threads


async def mid_chunk(scene: Scene) -> str:
    """The workers alone expand; a row lock of ours holds one in its chunk, and there it is killed."""
    await scene.stream.post({"to": {"everyone": True}}, told=scene.people.everyone)  # everybody has an inbox
    await scene.until_found(books.open_events, "the first broadcast", 60)
    scene.stream.pause()
    await scene.until(lambda: scene.stream.unanswered == 0, "every event answered", 60)
    due = datetime.now(UTC) + timedelta(seconds=DUE_IN_S)
    body = {"to": {"everyone": True}, "scheduled_for": due.isoformat()}
    await scene.stream.post(body, told=scene.people.everyone)
    host = str(scene.cluster.postgres.root)
    with psycopg.connect(host=host, user="postgres", dbname="postgres", options="-c lock_timeout=10s") as lock:
        held = scene.people.crew[25].id
        lock.execute("SELECT 1 FROM notifications_inbox WHERE user_id = %s FOR UPDATE", [held])
        for server in scene.servers:
            server.signal(signal.SIGSTOP)
        try:
            victim = await _waiting(scene, host)
            for worker in scene.cluster.workers:
                if worker.name == victim:
                    worker.kill()
        finally:
            for server in scene.servers:
                server.signal(signal.SIGCONT)
            lock.rollback()
    await scene.setting.start()
    await scene.until_found(books.open_events, "the rest written by others", 60)
    return f"{victim or 'nobody'} killed in its chunk of 2,000; the others wrote it"


async def _waiting(scene: Scene, host: str) -> str:
    """The name of the worker that waits for our lock."""
    found: list[str] = []

    def look() -> str | None:
        with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as here:
            rows = here.execute(
                """SELECT application_name FROM pg_stat_activity
                    WHERE wait_event_type = 'Lock' AND application_name LIKE 'worker%' AND query LIKE '%inbox%'"""
            ).fetchall()
        found[:] = [str(name) for (name,) in rows]
        return None if found else "nobody waits"

    await scene.until_found(look, "a worker in its chunk", 20)
    return found[0] if found else ""


async def mid_send(scene: Scene) -> str:
    """SMS: what the provider may have is not sent again. Webhooks: sent again, under the same id."""
    scene.stream.pause()
    texted = await _die_while_sending(scene, ["sms"])
    numbers = [count for name, count in scene.provider.taken.items() if name.startswith("+")]
    scene.expect(max(numbers) == 1, f"{sum(n > 1 for n in numbers)} numbers got their SMS twice")
    sent, unknown = texted.get("sent", 0), texted.get("unknown", 0)
    scene.expect(sent + unknown == len(scene.people.lone), f"SMS ended as {texted}")
    scene.expect(sent <= len(numbers) <= sent + unknown, f"{len(numbers)} taken by the provider, but {texted}")
    actor = (scene.people.control.id, "control")
    webhook = await ask(books.add_webhook, f"http://127.0.0.1:{scene.provider.port}/hook", actor)
    try:
        hooked = await _die_while_sending(scene, [])
    finally:
        await ask(books.remove_webhook, webhook, actor)
    ids = [count for name, count in scene.provider.taken.items() if not name.startswith("+")]
    scene.expect(hooked == {"sent": len(scene.people.lone)}, f"webhooks ended as {hooked}")
    scene.expect(len(ids) == len(scene.people.lone), f"{len(ids)} webhooks arrived")
    again = sum(ids) - len(ids)
    scene.expect(again <= PER_CHANNEL * len(scene.cluster.workers), f"{again} webhooks came again")
    return f"SMS: {sent} sent, {unknown} unknown, none twice; webhooks: {len(ids)} arrived, {again} came again"


async def _die_while_sending(scene: Scene, channels: list[str]) -> dict[str, int]:
    """To the lone ones; both workers are killed while the provider has messages. How the deliveries ended."""
    provider, lone = scene.provider, [person.id for person in scene.people.lone]
    provider.hold()
    posted = await scene.stream.tell(lone, channels=channels or ["inbox"])
    await scene.until(lambda: len(provider.held) >= PER_CHANNEL, "messages under way", 30)
    for worker in scene.cluster.workers:
        worker.kill()
    provider.held.clear()
    provider.go_on()
    await scene.setting.start()
    began = time.monotonic()
    await scene.until_found(lambda: _unsettled(posted), "every delivery settled", SETTLED_WITHIN_S)
    scene.expect(time.monotonic() - began < SETTLED_WITHIN_S, "too late")
    return await ask(books.deliveries_of, posted.event_id or "")


def _unsettled(posted: Posted) -> str | None:
    found = books.deliveries_of(posted.event_id or "")
    open_ones = found.get("waiting", 0) + found.get("held", 0)
    return f"{open_ones} open" if open_ones or not found else None
