"""The threads in which live connections touch the database: not the event loop, not Django's request thread."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, ParamSpec, TypeVar

from django.db import close_old_connections, connection

P = ParamSpec("P")
R = TypeVar("R")
Question = TypeVar("Question")
Answer = TypeVar("Answer")
_THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live")


async def in_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The result of blocking work, from one of a few threads of our own."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, lambda: unit(work, *args, **kwargs))


def unit(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Work as one unit on the database: no connection outlives it on Postgres, none is kept after a failure."""
    try:
        return work(*args, **kwargs)
    except Exception:
        connection.close()
        raise
    finally:
        if connection.vendor == "postgresql":  # back to the pool; SQLite's file stays open in the few threads
            close_old_connections()


class Gathering(Generic[Question, Answer]):
    """Gathers what many connections ask within a moment, and has it answered as one unit of work."""

    def __init__(self, answer_all: Callable[[Sequence[Question]], Sequence[Answer]], *, within_s: float) -> None:
        self._answer_all = answer_all
        self._within_s = within_s
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, question: Question) -> Answer:
        """The answer to this one. Raises what the work raised, for everybody who asked with it."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((question, waiting))
        if len(self._waiting) == 1:
            loop.call_later(self._within_s, self._begin)
        return await waiting

    def _begin(self) -> None:
        asked, self._waiting = self._waiting, []
        batch = [(question, waiting) for question, waiting in asked if not waiting.cancelled()]
        if not batch:  # all of them have left
            return
        task = asyncio.ensure_future(self._work(batch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, batch: list[tuple[Question, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await in_thread(self._answer_all, [question for question, _ in batch])
        except Exception as error:  # each asker decides what to do about it
            for _, waiting in batch:
                if not waiting.done():
                    waiting.set_exception(error)
            return
        for (_, waiting), answer in zip(batch, answers, strict=True):
            if not waiting.done():  # else the asker has left
                waiting.set_result(answer)
