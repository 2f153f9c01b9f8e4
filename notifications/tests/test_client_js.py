"""client.js in Node's own test runner: Playwright's wheel brings a Node, so that nothing else must be installed."""

import gzip
import re
import shutil
import subprocess
from pathlib import Path

import playwright
import pytest

TESTS = Path(__file__).parent / "js"
CLIENT = Path(__file__).parents[1] / "static" / "notifications" / "client.js"
IMPORTED = re.compile(r"""^(?:import|export) .*from "(\.[^"]+)";$""", re.MULTILINE)


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


def modules_of(module: Path) -> set[Path]:
    found = {module}
    for name in IMPORTED.findall(module.read_text()):
        found |= modules_of((module.parent / name).resolve())
    return found


def test_the_client_alone_is_under_ten_kilobytes() -> None:
    modules = modules_of(CLIENT)
    assert len(modules) > 5
    together = b"".join(path.read_bytes() for path in sorted(modules))
    assert len(gzip.compress(together, 9)) < 10 * 1024
