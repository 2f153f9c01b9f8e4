"""client.js in Node's own test runner: Playwright's wheel brings a Node, so that nothing else must be installed."""

import shutil
import subprocess
from pathlib import Path

import playwright
import pytest

TESTS = Path(__file__).parent / "js"


def node() -> str:
    bundled = Path(playwright.__file__).parent / "driver" / "node"
    found = bundled if bundled.exists() else shutil.which("node")
    if not found:
        pytest.skip("There is no Node here: Playwright's wheel has none for this platform.")
    return str(found)


def test_the_client_keeps_its_promises() -> None:
    names = sorted(str(path) for path in TESTS.glob("*.test.mjs"))
    run = subprocess.run(
        [node(), "--test", "--test-reporter=spec", *names], capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "pass 0" not in run.stdout, "Node found no test"
