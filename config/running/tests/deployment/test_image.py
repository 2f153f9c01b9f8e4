"""deploy/Dockerfile takes what is needed, and no more. Where an image cannot be built, what it would hold is tried."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..trees import ROOT, Place
from .files import DEPLOY, copied

pytestmark = pytest.mark.once
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()


def test_every_path_exists_and_is_let_in() -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert "*" in ignored
    for path in copied():
        assert (ROOT / path).exists()
        assert f"!{path}" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == {str(path) for path in copied()}


def test_it_does_not_run_as_root_and_hears_sigterm_itself() -> None:
    user = re.findall(r"^USER (\d+):\d+$", DOCKERFILE, re.MULTILINE)
    assert user
    assert "0" not in user
    assert 'ENTRYPOINT ["python", "manage.py"]' in DOCKERFILE
    assert "--require-hashes" in DOCKERFILE


def test_what_it_holds_is_enough_to_prepare_a_database(tmp_path: Path, place: Place) -> None:
    app = tmp_path / "app"
    app.mkdir()
    for path in copied():
        if (ROOT / path).is_dir():
            shutil.copytree(ROOT / path, app / path, ignore=shutil.ignore_patterns("tests", "__pycache__"))
        else:
            shutil.copy(ROOT / path, app / path)
    environment = place.environment(DATA_DIR=str(tmp_path / "data"), HOST="0.0.0.0", SECRET_KEY="x" * 50)
    command = [sys.executable, str(app / "manage.py"), "prepare"]
    done = subprocess.run(command, cwd=app, env=environment, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("Prepared.\n")
