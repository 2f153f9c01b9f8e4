"""The README's tour and the tutorial, typed by a test: every bash block, in order, in one shell."""

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..trees import ROOT, Place, free_port

PARTS = ("config", "core", "notifications", "templates", "examples", "manage.py", "docs")
BLOCK = re.compile(r"^```(bash|toml)\n(.*?)^```", re.DOTALL | re.MULTILINE)
LISTENS_FOR_EVER = re.compile(r"^.*(-m websockets|curl -N).*$", re.MULTILINE)
END = "--- the block has ended"


class Shell:
    """One terminal: variables of a block are there in the next."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.child = subprocess.Popen(
            ["bash", "-e", "-u", "-o", "pipefail"],
            cwd=folder,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, block: str) -> str:
        """What it said. Fails where a command did."""
        assert self.child.stdin
        assert self.child.stdout
        self.child.stdin.write(f"{block}\nprintf '\\n%s\\n' '{END}'\n")  # what came before may lack its end of line
        self.child.stdin.flush()
        said: list[str] = []
        for line in self.child.stdout:
            if line.strip() == END:
                return "".join(said)
            said.append(line)
        raise AssertionError(f"this failed:\n{block}\nit said:\n{''.join(said)}")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The product in a folder of its own, as a clone is."""
    folder = tmp_path / "clone"
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            ignored = shutil.ignore_patterns("node_modules", "__pycache__", "tests", "gallery")
            shutil.copytree(source, folder / part, ignore=ignored)
        else:
            shutil.copy(source, folder / part)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


@pytest.fixture
def shell(clone: Path, place: Place) -> Iterator[Shell]:
    shop = free_port()
    started = Shell(clone, place.environment(H=place_url(place), SHOP=str(shop)))
    yield started
    started.child.kill()
    started.child.communicate()


def place_url(place: Place) -> str:
    return f"http://127.0.0.1:{place.port}"


def blocks(page: str) -> list[tuple[str, str]]:
    """(language, text) of what is typed or written into a file, in order."""
    return BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))


@contextlib.contextmanager
def up(clone: Path, place: Place) -> Iterator[None]:
    """`manage.py up` of the clone, answering."""
    command = [str(clone / ".venv/bin/python"), str(clone / "manage.py")]
    with place.running("up", under=command, CORS_ALLOWED_ORIGINS="http://localhost:8900") as running:
        running.wait_until_it_answers()
        yield


@pytest.mark.once
@pytest.mark.timeout(300)
def test_the_tutorial_as_it_is_typed(clone: Path, place: Place, shell: Shell) -> None:
    said = []
    todo = blocks("docs/tutorial.md")
    kind = next(i for i, (language, _) in enumerate(todo) if language == "toml")
    with up(clone, place):
        said += [shell.run(text) for _, text in todo[:kind]]
    with (clone / "core/kinds.toml").open("a", encoding="utf-8") as kinds:
        kinds.write("\n" + todo[kind][1])
    with up(clone, place):
        said += [shell.run(text) for _, text in todo[kind + 1 :]]
    everything = "\n".join(said)
    assert '"unread_count"' in said[0]
    assert "refused: parcel_id is missing" in everything
    assert "<tidings-inbox" in everything
    assert '"parcel_left"' in everything or '"what":"created"' in everything
    assert "everything adds up" in everything


@pytest.mark.once
@pytest.mark.timeout(300)
def test_the_tour_of_the_readme_as_it_is_typed(clone: Path, place: Place, shell: Shell) -> None:
    with up(clone, place):
        said = [
            shell.run(LISTENS_FOR_EVER.sub("", text).replace("H=http://127.0.0.1:8000", ""))
            for _, text in blocks("README.md")
        ]
    assert '"ticket_assigned"' in said[0]
    assert '"audit' in said[0] or '"action"' in said[0]
