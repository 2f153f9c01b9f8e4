"""Figures of several processes in one folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

pytestmark = pytest.mark.once
COUNT = """
import sys
from pathlib import Path
from config.watching import places
places.use(Path(sys.argv[1]))
from prometheus_client import Counter
made = Counter("made", "made")
made.inc(int(sys.argv[2]))
print("counted", flush=True)
sys.stdin.read()
"""


def counting(folder: Path, times: int) -> "subprocess.Popen[str]":
    """A process that has counted so many, and stays."""
    command = [sys.executable, "-c", COUNT, str(folder), str(times)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    assert child.stdout
    assert child.stdout.readline() == "counted\n"
    return child


def total(folder: Path) -> float:
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))
    return registry.get_sample_value("made_total") or 0


def test_processes_are_added_up_and_a_killed_one_stays_counted(tmp_path: Path) -> None:
    one, other = counting(tmp_path, 1), counting(tmp_path, 10)
    assert total(tmp_path) == 11
    one.kill()
    one.communicate()
    assert total(tmp_path) == 11
    successor = counting(tmp_path, 100)
    assert total(tmp_path) == 111
    assert len(list(tmp_path.glob("counter_*.db"))) == 2, "it took the place of the one that was killed"
    for child in (other, successor):
        child.communicate()


def test_a_broken_file_keeps_no_process_from_starting(tmp_path: Path) -> None:
    (tmp_path / "counter_1.db").write_bytes(b"\xff" * 4096)
    counting(tmp_path, 5).communicate()
    assert total(tmp_path) == 5
