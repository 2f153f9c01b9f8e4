"""Postgres goes away, crashes, or cuts everybody off."""

import asyncio
import signal

import psycopg

from ..scene import Scene
from .bells import no_socket_closes

AWAY_S, AGAIN_S = 20.0, 30.0


async def restarted(scene: Scene) -> str:
    """Once in order, and away long enough for everybody to have given up; once as after a crash."""
    server = scene.cluster.postgres
    async with no_socket_closes(scene):
        await asyncio.to_thread(server.stop, signal.SIGINT)
        await asyncio.sleep(AWAY_S)
        server.start()  # in this thread: Postgres ends with the thread that started it
        first = await scene.reaches(AGAIN_S)
        await scene.flow(2)
        await asyncio.to_thread(server.stop, signal.SIGQUIT)
        server.start()
        second = await scene.reaches(AGAIN_S)
    return f"the next event was shown {first:.1f} s after a restart, {second:.1f} s after a crash"


async def connections_cut(scene: Scene) -> str:
    rounds, cut = 5 if scene.quick else 20, 0
    async with no_socket_closes(scene):
        for _ in range(rounds):
            cut += await asyncio.to_thread(_cut, str(scene.cluster.postgres.root))
            await scene.flow(0.5)
        took = await scene.reaches(AGAIN_S)
    return f"{cut} connections cut in {rounds} rounds; the next event took {took:.1f} s"


def _cut(host: str) -> int:
    with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as here:
        row = here.execute(
            """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"""
        ).fetchone()
        return int(row[0]) if row else 0
