"""Real threads on real transactions: each has a database connection of its own and gives it back."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection

PATIENCE_S = 60


def all_at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Each act in a thread, let go together; what they returned. Raises what the first of them raised."""
    start = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)
    failures: list[Exception] = []

    def run(place: int, act: Callable[[], Any]) -> None:
        start.wait(PATIENCE_S)
        try:
            results[place] = act()
        except Exception as error:  # raised below, in the test's own thread
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert not any(thread.is_alive() for thread in threads), "they wait for each other"
    if failures:
        raise failures[0]
    return results
