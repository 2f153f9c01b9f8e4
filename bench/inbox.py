"""The first page of 20 through the whole API: a person with 100,000 notifications beside one with 50."""

import statistics
import time

from . import stage

HEAVY, LIGHT = 100_000, 50
ROUNDS, CALLS = 5, 40
CALLED = {
    "list, a page of 20": "/api/notifications/?page_size=20",
    "keyset page, in the middle": "/api/notifications/?before={middle}&page_size=20",
    "unread count": "/api/notifications/unread_count/",
}


def run() -> dict[str, tuple[list[float], list[float]]]:
    """(heavy, light) milliseconds a call, alternately."""
    heavy, light = stage.people(2)
    for person, rows in ((heavy, HEAVY), (light, LIGHT)):
        stage.fill(person.id, rows)
    found: dict[str, tuple[list[float], list[float]]] = {}
    for name, path in CALLED.items():
        pairs = [(_time(heavy, path, HEAVY), _time(light, path, LIGHT)) for _ in range(ROUNDS)]
        found[name] = ([a for a, _ in pairs], [b for _, b in pairs])
    return found


def _time(person: stage.Person, path: str, rows: int) -> float:
    from rest_framework.test import APIClient

    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {person.token}")
    url = path.format(middle=rows // 2)
    client.get(url)
    began = time.perf_counter()
    for _ in range(CALLS):
        assert client.get(url).status_code == 200
    return (time.perf_counter() - began) / CALLS * 1000


def table(found: dict[str, tuple[list[float], list[float]]]) -> list[str]:
    lines = [
        f"### The inbox of a person with {HEAVY:,} notifications beside one with {LIGHT}",
        "",
        f"| call | {HEAVY:,} | {LIGHT} | ratio |",
        "|---|---|---|---|",
    ]
    for name, (heavy, light) in found.items():
        a, b = statistics.median(heavy), statistics.median(light)
        lines.append(f"| {name} | {a:.1f} ms | {b:.1f} ms | {a / b:.2f} |")
    return lines
