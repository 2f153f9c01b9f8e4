"""Commands within sentences (`make bench`, `manage.py prune --dry-run`), and those of blocks that nobody types here.

The CHANGELOG is not among the pages: it tells what was.
"""

import re
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.stage import one_of

from ..trees import ROOT
from .pages import PAGES, blocks
from .plan import NOT_RUN
from .reading import OURSELVES, READERS, VARIABLE, Wrong, read

pytestmark = pytest.mark.once

BLOCK = re.compile(r"^ *```.*?```$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(?P<ticks>`+)(?P<text>.+?)(?P=ticks)")
PROMPT = re.compile(r"^[$#] ")
OPTION = re.compile(r"--(?!tidings-)\w")  # those are CSS

# in no sentence yet; who writes one says in reading.py who reads it
OTHERS = set(
    "apt apt-get bash brew createdb helm kubectl node npx pg_dump pip psql pytest rsync ruff sh ssh uv".split()
)


def in_sentences(page: str) -> Iterator[str]:
    """Spans that begin with a program, a command of ours, an option, or a variable that is set."""
    prose = BLOCK.sub("", (ROOT / page).read_text(encoding="utf-8")).replace("\n", " ")
    for span in SPAN.finditer(prose):
        text = PROMPT.sub("", span["text"])
        program, *more = text.split()
        if Path(program).name in {*READERS, *OURSELVES, *OTHERS}:
            if more:  # alone it is a name
                yield text
        elif VARIABLE.match(program) or OPTION.match(program):
            yield text


def not_typed(page: str) -> Iterator[str]:
    """What follows a prompt in a block that plan.py names with a reason."""
    for block in blocks(page):
        if (block.page, block.first) in NOT_RUN:
            for line in block.text.replace("\\\n", " ").splitlines():
                yield PROMPT.sub("", line)


@pytest.mark.parametrize("where", PAGES)
def test_a_command_that_is_not_typed_would_be_taken(where: str) -> None:
    refused = []
    for command in dict.fromkeys([*in_sentences(where), *not_typed(where)]):
        try:
            read(where, command)
        except Wrong as reason:
            refused.append(f"{command}: {reason}")
    assert refused == []


@pytest.mark.parametrize(
    "command",
    [
        "make bnech",
        'make faults FAULTS="--quickly"',
        "manage.py prune --older 30",
        ".venv/bin/python manage.py prunes",
        "serve --wrokers 4",
        "--dayz",
        "python -m bench latncy",
        "python -m websocket ws://127.0.0.1:8000/",
        "WROKERS=3 make run",
        "docker compose … up -d web",
        "docker compose … --profile rabbit up -d",
        "docker compose … run --rm prepare createuser",
        "PORT=1 docker compose … up",
        "systemctl restart tidings-web@1",
        "journalctl -u 'tiding-*'",
        "until curl -fs localhost:8000/api/ready; do sleep 1; done",
        "curl -fs http://127.0.0.1:8000/ready",
        "cp deploy/tidings.env /etc/tidings",
        "celery -A notifications.celery worker",
        "kill $SHOPS",
        "pip install tidings",
        "make run &&",
    ],
)
def test_a_wrong_one_would_not(command: str) -> None:
    with pytest.raises(Wrong):
        read("examples/README.md", command)


def test_benchmarks_need_no_name_and_take_no_wrong_one() -> None:
    parser = ArgumentParser()
    parser.add_argument("names", nargs="*", type=one_of(["rows", "live"]))
    assert parser.parse_args([]).names == []
    assert parser.parse_args(["live", "rows"]).names == ["live", "rows"]
    with pytest.raises(SystemExit):
        parser.parse_args(["live", "latncy"])
