"""Child processes that never outlive their parent, however it ends."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None

Child = subprocess.Popen[bytes]


def die_with(parent: int, sent: signal.Signals) -> None:
    """Have the kernel send `sent` to this process when its parent ends. Linux only; elsewhere nothing happens.

    "Parent" is the thread that started us: spawn from the main thread only. A parent that is gone already
    would never cause the signal, so this process ends at once.
    """
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, int(sent), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def blocks_interrupt(pid: int) -> bool:
    """Whether this process does not take SIGINT just now. Linux only; elsewhere False."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return False
    blocked = next((int(line.split()[1], 16) for line in lines if line.startswith("SigBlk:")), 0)
    return bool(blocked >> (signal.SIGINT - 1) & 1)


def spawn(
    command: Sequence[str | Path],
    *,
    pass_fds: Sequence[int] = (),
    log: Path | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    user: int | None = None,
) -> Child:
    """Start a child that is killed when this process ends.

    It has a session of its own: Ctrl-C in the terminal reaches the parent only, which ends the others in order.
    """
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(log.open("ab")) if log else None
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
            env=env,
            user=user,
            pass_fds=pass_fds,
            start_new_session=True,
            preexec_fn=partial(die_with, os.getpid(), signal.SIGKILL),  # after the uid has changed: that clears it
        )


def stop(children: Iterable[Child], *, within_s: float) -> None:
    """End all of them at once by SIGTERM, and by SIGKILL those that are still there when the time is up."""
    alive = [child for child in children if child.poll() is None]
    for child in alive:
        child.terminate()
    deadline = time.monotonic() + within_s
    for child in alive:
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
