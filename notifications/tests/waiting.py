"""Waiting for what can be seen, and not for longer than it may take."""

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable

from notifications.live.threads import in_thread

PATIENCE_S = 60.0
LOOK_EVERY_S = 0.005
LIVE_THREADS = 4


async def until(happened: Callable[[], bool | Awaitable[bool]], what: str = "it", within_s: float = PATIENCE_S) -> None:
    """Look again and again, and fail when the time is up."""
    deadline = asyncio.get_running_loop().time() + within_s
    while True:
        seen = happened()
        if await seen if inspect.isawaitable(seen) else seen:
            return
        assert asyncio.get_running_loop().time() < deadline, f"{what} did not happen within {within_s} s"
        await asyncio.sleep(LOOK_EVERY_S)


async def wind_up() -> None:
    """End what this event loop still does, and let the live threads finish: nothing may write into the next test."""
    me, others = asyncio.current_task(), asyncio.all_tasks()
    while True:
        for task in others - {me}:
            task.cancel()
        if others - {me}:
            await asyncio.wait(
                others - {me}, timeout=0.2
            )  # redis-py swallows a cancel that meets its own timeout: again
        together = threading.Barrier(LIVE_THREADS)
        await asyncio.gather(*(in_thread(together.wait, PATIENCE_S) for _ in range(LIVE_THREADS)))
        others = asyncio.all_tasks()
        if others == {me}:
            return
