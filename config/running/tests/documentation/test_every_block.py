"""No block of the documentation is left out: it is followed, run elsewhere, or named with the reason why not."""

import re
import shlex
from pathlib import Path

import pytest
from django.core.management import CommandError, get_commands, load_command_class

from ..trees import ROOT
from .pages import PAGES, Block, blocks
from .plan import BESIDE, ELSEWHERE, FOLLOWED, NOT_RUN

pytestmark = pytest.mark.once
ALL = [block for page in PAGES for block in blocks(page)]
EXCUSED = {*BESIDE, *ELSEWHERE, *NOT_RUN}
SPAN = re.compile(r"`(?:[^`]*?/)?(?:python )?manage\.py ([^`]+)`")
MODULE = re.compile(r"python -m (bench[\w.]*)")
TARGET = re.compile(r"(?<![\w.])make ([a-z]+)\b(?=[`\s]|$)")


def test_every_block_is_followed_or_named() -> None:
    assert [str(block) for block in ALL if not _is_accounted_for(block)] == []


def _is_accounted_for(block: Block) -> bool:
    match block.language:
        case "bash" | "python" | "toml" | "diff":
            return block.page in FOLLOWED or (block.page, block.first) in EXCUSED
        case "console" | "html":
            return (block.page, block.first) in EXCUSED
        case "json" | "text" | "":
            block.read()  # fails where it is meant to be typed
            return True
        case _:
            return False


def test_what_is_named_is_still_there() -> None:
    assert EXCUSED - {(block.page, block.first) for block in ALL} == set()
    assert [path for path in ELSEWHERE.values() if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("where", PAGES)
def test_a_command_within_a_sentence_takes_what_it_is_given(where: str) -> None:
    """`manage.py prune --dry-run`: there is such a command, and it has that option."""
    refused = []
    for said in SPAN.findall(_prose(where)):
        name, *words = shlex.split(said, comments=True)
        if name in get_commands() and words and words != ["…"]:
            try:
                load_command_class(get_commands()[name], name).create_parser("manage.py", name).parse_args(words)
            except CommandError as error:
                refused.append(f"{said}: {error}")
        elif re.fullmatch(r"\w+", name) and name not in get_commands():
            refused.append(f"{said}: there is no such command")
    assert refused == []


def _prose(page: str) -> str:
    """Without its blocks; a line that was broken is one again."""
    text = re.sub(r"^ *```.*?```$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return text.replace("\n", " ")


def test_every_make_target_and_benchmark_that_is_named_exists() -> None:
    texts = "\n".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)
    code = "\n".join(re.findall(r"`[^`\n]+`|```.*?```", texts, re.DOTALL))
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(TARGET.findall(code)) - targets == set()
    modules = [ROOT / Path(*name.split(".")) for name in MODULE.findall(code)]
    assert [path for path in modules if not path.is_dir() and not path.with_suffix(".py").is_file()] == []
