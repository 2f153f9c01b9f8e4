"""deploy/systemd: systemd itself finds nothing wrong, they are fenced in, and a stop lasts as long as a drain."""

import getpass
import grp
import os
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from config.running import serving
from notifications.management.commands import worker

from ..trees import ROOT
from .files import DEPLOY

pytestmark = pytest.mark.once
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [path for path in UNITS if path.suffix == ".service"]
PROGRAM = "/opt/tidings/.venv/bin/python"
MOST_EXPOSED = 25  # tenths, as systemd-analyze counts: it calls 2.5 “OK”
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze here")


def unit(path: Path) -> ConfigParser:
    parsed = ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign] # names of systemd are as they are written
    parsed.read_string(path.read_text())
    return parsed


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_unit_starts_a_command_of_ours_in_the_data_folder_it_may_write(path: Path) -> None:
    service = unit(path)["Service"]
    program, script, command = service["ExecStart"].split()
    assert (program, script) == (PROGRAM, "manage.py")
    folders = [ROOT / app / "management" / "commands" for app in ("config/running", "notifications")]
    assert any((folder / f"{command}.py").is_file() for folder in folders)
    assert f"DATA_DIR=/var/lib/{service['StateDirectory']}" in service["Environment"]
    assert "DEBUG=false" in service["Environment"], "on loopback it would be on"


@pytest.mark.parametrize("path", [path for path in SERVICES if "@" in path.name], ids=lambda path: path.name)
def test_a_stop_waits_for_the_drain_and_its_last_resort_counts_as_an_end(path: Path) -> None:
    service = unit(path)["Service"]
    assert int(service["TimeoutStopSec"]) > max(serving.LAST_RESORT_S, worker.LAST_RESORT_S)
    assert service["SuccessExitStatus"] == "SIGALRM"
    assert service["KillMode"] == "mixed"  # SIGTERM to the first process alone: it ends its own children in order


@needs_systemd
def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *installed(tmp_path)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    complaints = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert (done.returncode, complaints) == (0, []), done.stderr


@needs_systemd
def test_the_services_are_fenced_in(tmp_path: Path) -> None:
    for path in installed(tmp_path):
        if path.suffix == ".service":
            command = ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager"]
            done = subprocess.run([*command, path], capture_output=True, text=True, timeout=30)
            if "unrecognized option" in done.stderr:
                pytest.skip("this systemd-analyze cannot judge a file: it is older than 250")
            assert done.returncode == 0, done.stdout[-200:] + done.stderr


def installed(folder: Path) -> list[Path]:
    """As they would be on a machine: a program and a user that exist here, and names for the instances."""
    group = grp.getgrgid(os.getgid()).gr_name
    put: list[Path] = []
    for path in UNITS:
        text = path.read_text().replace("/opt/tidings", str(ROOT)).replace(PROGRAM, "/bin/true")
        text = text.replace(f"{ROOT}/.venv/bin/python", "/bin/true")
        text = text.replace("User=tidings", f"User={getpass.getuser()}").replace("Group=tidings", f"Group={group}")
        put.append(folder / path.name.replace("@", "@8000"))
        put[-1].write_text(text)
        if "@" in path.name:
            (folder / path.name).write_text(text)
    return put
