"""No block of the documentation is left out: it is followed, run elsewhere, or named with the reason why not."""

import pytest

from ..trees import ROOT
from .pages import PAGES, Block, blocks
from .plan import BESIDE, ELSEWHERE, FOLLOWED, NOT_RUN

pytestmark = pytest.mark.once
ALL = [block for page in PAGES for block in blocks(page)]
EXCUSED = {*BESIDE, *ELSEWHERE, *NOT_RUN}


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
