"""Somebody who follows a page in a clone of their own: types, writes files, and leaves nothing running."""

import contextlib
import itertools
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..trees import ROOT, Place, Running, free_port
from .pages import Block, blocks
from .plan import is_followed

PARTS = ("config", "core", "notifications", "templates", "examples", "deploy", "bench", "docs")
FILES = ("manage.py", "Makefile", "requirements.txt", "requirements-dev.txt", "pytest.ini", "CHANGELOG.md")
LEFT_OUT = shutil.ignore_patterns("node_modules", "gallery", "browser")
LAPTOP = {"8000", "8001", "8900"}  # ports that pages name: here they are free ones
END = "--- the block has ended"
TELL = "trap 'echo \"failed: $BASH_COMMAND\"' ERR"
LISTENS = re.compile(r"^(?:.*-m websockets|curl -sN) .*$", re.MULTILINE)  # until Ctrl-C


class Reader:
    """One terminal: variables of a block are there in the next. `said` is all that was seen."""

    def __init__(self, clone: Path, *, stands_for: Mapping[str, str] = {}, **environment: str) -> None:
        self.clone = clone
        self.ports = {port: str(free_port()) for port in LAPTOP}
        self.place = Place(clone / "var", "", int(self.ports["8000"]))
        self.place.folder.mkdir(exist_ok=True)
        self.environment = {
            name: value
            for name, value in self.place.environment(**environment).items()
            if not name.startswith(("PYTEST_", "TIDINGS_TEST_")) and name != "DATABASE_URL"
        }
        self.stands_for = {**self.ports, **stands_for}
        self.said = ""
        self._number = itertools.count(1)
        self._bash = subprocess.Popen(
            ["bash", "-E", "-e", "-u", "-o", "pipefail", "-a"],
            cwd=clone,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def here(self, text: str) -> str:
        """With the addresses of this machine in place of those on the page."""
        for said, ours in self.stands_for.items():
            text = re.sub(rf"(?<!\w){re.escape(said)}(?!\w)", lambda _, ours=ours: ours, text)  # type: ignore[misc]
        return text

    def follow(self, page: str, first: int = 0, last: int | None = None) -> str:
        """Blocks `first` up to `last`, in order; what the commands said."""
        return "".join(self.do(block) for block in blocks(page)[first:last] if is_followed(block))

    def do(self, block: Block) -> str:
        match block.language:
            case "bash":
                return self.type(block.text, where=str(block))
            case "python" if not block.file:
                return self.type(f".venv/bin/python manage.py shell <<'END'\n{block.text}END\n", where=str(block))
            case "python" | "toml" | "diff":
                block.write(self.clone)
        return ""

    def type(self, text: str, *, where: str) -> str:
        """What it said. Fails where a command did."""
        script = self.clone / f"typed-{next(self._number)}"
        script.write_text(f"{TELL}\n{LISTENS.sub(_until_heard, self.here(text))}", encoding="utf-8")
        assert self._bash.stdin
        assert self._bash.stdout
        self._bash.stdin.write(f"source {script} </dev/null\nprintf '\\n%s\\n' '{END}'\n".encode())
        self._bash.stdin.flush()
        said = ""
        for line in self._bash.stdout:
            if line.decode().strip() == END:
                self.said += said
                return said
            said += line.decode()
        raise AssertionError(f"{where} failed:\n{text}\nit said:\n{said}")

    @contextlib.contextmanager
    def beside(self, block: Block) -> Iterator[Running]:
        """Another terminal, where its first line goes on for as long as it is needed."""
        with self.place.running(
            self.here(block.first.removeprefix("$ ")), under=["env", "-C", str(self.clone), "bash", "-c"]
        ) as running:
            running.wait_until_it_answers()
            yield running

    def leave(self) -> None:
        """Whatever was put into the background ends with the terminal."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.communicate()


def _until_heard(line: re.Match[str]) -> str:
    """A reader watches for a while, and goes on."""
    return f"""HEARD=$(mktemp heard-XXXXXX)
(tail -f /dev/null | {{ {line[0]}
}}) >$HEARD 2>&1 &
until grep -E 'event"?: ?"?(authenticated|connected)' $HEARD; do sleep 0.1; done
"""


def clone(folder: Path) -> Path:
    """The product in a folder of its own, as git would bring it; the installed packages are ours."""
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=LEFT_OUT)
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
        os.utime(folder / name, (0, 0))  # older than what was installed from it: make has nothing to do
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder
