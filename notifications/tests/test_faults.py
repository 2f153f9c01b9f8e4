"""A short part of `make faults` with every run of the tests: real processes, killed (docs/faults.md)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("DATABASE_URL", "REDIS_URL", "DATA_DIR", "TIDINGS_LAYER_PREFIX", "DJANGO_SETTINGS_MODULE")


@pytest.mark.once
@pytest.mark.timeout(300)
def test_a_cluster_survives_a_killed_worker_a_dead_valkey_and_strange_acks() -> None:
    faults = ["killed-mid-chunk", "valkey-down", "strange-acks"]
    words = [word for name in faults for word in ("--only", name)]
    env = {name: value for name, value in os.environ.items() if name not in OURS}
    done = subprocess.run(
        [sys.executable, "-m", "bench.faults", "--cluster", "--quick", *words],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(f"| {name} |" in done.stdout for name in faults)
