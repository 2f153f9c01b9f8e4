"""Children: ended in time, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from config.running import processes

from .trees import gone, until

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
PARENT = """
import sys, time
from config.running import processes
child = processes.spawn(["sleep", "60"])
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_child_that_ignores_sigterm_is_killed_when_the_time_is_up(tmp_path: Path) -> None:
    child = processes.spawn([sys.executable, "-c", STUBBORN], log=tmp_path / "log")
    assert until(lambda: (tmp_path / "log").read_text() == "1\n", 10)
    processes.stop([child], within_s=0.2)
    assert child.returncode == -signal.SIGKILL


def test_the_time_is_shared_and_not_each_childs_own(tmp_path: Path) -> None:
    logs = [tmp_path / str(number) for number in range(3)]
    children = [processes.spawn([sys.executable, "-c", STUBBORN], log=log) for log in logs]
    assert until(lambda: all(log.read_text() == "1\n" for log in logs), 10)
    began = time.monotonic()
    processes.stop(children, within_s=1)
    assert time.monotonic() - began < 2


def test_a_child_dies_with_a_parent_that_was_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    assert until(lambda: gone([child]), 5)
    parent.stdout.close()
    parent.wait()


def test_a_parent_that_is_gone_already_ends_the_child_at_once() -> None:
    late = f"import signal; from config.running import processes; processes.die_with({os.getpid() + 1}, signal.SIGTERM)"
    assert subprocess.run([sys.executable, "-c", late]).returncode == 1
