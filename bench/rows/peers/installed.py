"""The two releases of django-notifications, installed into the benchmark's own folder and running beside it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ... import stage

PROGRAM = Path(__file__).with_name("django_notifications.py")


@dataclass(frozen=True)
class Release:
    """What is installed, and how many people one of its broadcasts is for: it takes a while."""

    name: str
    packages: Sequence[str]
    people: int


RELEASES = (
    Release("django-notifications-community 1.12", ["django-notifications-community==1.12"], 10_000),
    Release(
        "django-notifications-hq 1.8.3",
        ["django-notifications-hq==1.8.3", "django-model-utils==5.0.0", "jsonfield==3.2.0", "swapper==1.5.0", "pytz"],
        2_000,
    ),
)


class Peer:
    """A running one."""

    def __init__(self, child: "subprocess.Popen[str]") -> None:
        self._child = child
        self._read()

    def figure(self, what: str) -> float:
        """Of one round of `broadcast`, `list` or `mark_all`."""
        assert self._child.stdin
        self._child.stdin.write(f"{what}\n")
        self._child.stdin.flush()
        return float(self._read())

    def _read(self) -> str:
        assert self._child.stdout
        said = self._child.stdout.readline()
        if not said:
            raise RuntimeError("the peer has ended: see above")
        return said


@contextmanager
def running(folder: Path, *, listed: int, unread: int) -> Iterator[dict[str, Peer]]:
    """Those that can be had, by name; their people and rows are there."""
    with ExitStack() as ending:
        peers = {}
        for number, release in enumerate(RELEASES):
            target = folder / f"peer{number}"
            if _install(release, target):
                child = _start(release, target, f"peer{number}", [release.people, listed, unread])
                ending.callback(child.wait)
                ending.callback(child.stdin.close)  # the end of its rounds
                peers[release.name] = Peer(child)
        yield peers


def _install(release: Release, target: Path) -> bool:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target, *release.packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{release.name} cannot be installed, so it is left out: {done.stderr.strip().splitlines()[-1:]}")
        return False
    models = target / "notifications" / "base" / "models.py"
    # the older one uses what Django has removed, and would not be imported; the index is in its migrations
    models.write_text(re.sub(r"^ +index_together = .*\n", "", models.read_text(), flags=re.MULTILINE))
    return True


def _start(release: Release, target: Path, database: str, sizes: list[int]) -> "subprocess.Popen[str]":
    told = {"PEER": database, "PEER_SIZES": json.dumps(sizes), "PEER_TITLE": stage.TITLE, "PEER_TEXT": stage.TEXT}
    environment = {**os.environ, **told, "PYTHONPATH": str(target)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, PROGRAM], env=environment, stdin=pipe, stdout=pipe, text=True)
