"""Where processes keep their figures, so that one scrape sees all of them: files under `DATA_DIR/metrics`.

A process takes the first free place and goes on counting where its last holder stopped. So a counter never falls, a
place of a process that has ended is no special case, and there are never more files than processes at once.
"""

import fcntl
import os
import sys
from pathlib import Path

from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict


def use(folder: Path) -> None:
    """From now on metrics are kept there: to be called before the first of them is made."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    values.ValueClass = values.MultiProcessValue(Place(folder).of_this_process)  # type: ignore[no-untyped-call]


class Place:
    """The name that no other running process has; a child that was forked takes its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._holder = 0
        self._name = ""

    def of_this_process(self) -> str:
        if self._holder != os.getpid():
            self._holder = os.getpid()
            self._name = self._take()
        return self._name

    def _take(self) -> str:
        number = 1
        while not self._is_free(number):
            number += 1
        for file in self._folder.glob(f"*_{number}.db"):
            _drop_if_broken(file)
        return str(number)

    def _is_free(self, number: int) -> bool:
        """If it is, it is ours as long as this process lives: nobody closes the file."""
        lock = os.open(self._folder / f"{number}.lock", os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        return True


def _drop_if_broken(file: Path) -> None:
    """What a machine that lost its power has left half written must not keep a process from starting."""
    try:
        used = int.from_bytes(file.read_bytes()[:4], sys.byteorder, signed=True)  # as the file's own format begins
        is_whole = 0 <= used <= file.stat().st_size
        list(MmapedDict.read_all_values_from_file(str(file)))  # type: ignore[no-untyped-call]
    except Exception:  # whatever is wrong with it: it is only figures
        is_whole = False
    if not is_whole:
        file.unlink(missing_ok=True)
