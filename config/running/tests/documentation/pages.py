"""The fenced blocks of the documentation: what is typed, what is written into a file, and what is only looked at.

bash is typed. Other code says in its first line which file it is (`# parcels/models.py`), or to which it is added
(`# core/kinds.toml, at its end`); diff says it as patches do. Python that names no file is typed into the product's
shell. json must be JSON; text is what is seen.
"""

import json
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from ..trees import ROOT

PAGES = ["README.md", "SECURITY.md", "bench/README.md", "examples/README.md"]
PAGES += [str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").glob("*.md"))]

_BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"(?:#|<!--|//) (?P<path>[\w./-]+\.\w+)(?P<appended>, at its end)?(?: -->)?")


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line} ({self.language or 'no language'}): {self.first}"

    @property
    def first(self) -> str:
        return self.text.partition("\n")[0]

    @property
    def file(self) -> str:
        """Which file it says it is, or is part of; blank: none."""
        found = _FILE.fullmatch(self.first)
        return found["path"] if found else ""

    def write(self, clone: Path) -> None:
        """As its reader would, with an editor."""
        if self.language == "diff":
            return self._change(clone)
        found = _FILE.fullmatch(self.first)
        assert found, f"{self} names no file"
        path = clone / found["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") + "\n" if found["appended"] else ""
        path.write_text(before + self.text, encoding="utf-8")

    def _change(self, clone: Path) -> None:
        """`--- file`, then lines that go, come (`-`, `+`) and stay; together they stand there exactly once."""
        name, *lines = self.text.splitlines()
        path = clone / name.removeprefix("--- ")
        before = "\n".join(line[1:] for line in lines if line[0] in " -")
        after = "\n".join(line[1:] for line in lines if line[0] in " +")
        whole = path.read_text(encoding="utf-8")
        assert whole.count(before) == 1, f"{self}: {path.name} does not have these lines once:\n{before}"
        path.write_text(whole.replace(before, after), encoding="utf-8")

    def read(self) -> None:
        """JSON is JSON, and nothing that is only looked at is meant to be typed."""
        if self.language == "json":
            json.loads(self.text)
        typed = re.search(
            r"^(\$ |# )|\b(curl|make|manage\.py|docker|systemctl|pip|npm) [a-z-]", self.text, re.MULTILINE
        )
        assert typed is None, f"{self}: it is for typing ({typed[0]}), so say bash"


def blocks(page: str) -> list[Block]:
    """In the order of the page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, one.start()) + 1, one["language"], textwrap.dedent(one["text"]))
        for one in _BLOCK.finditer(text)
    ]


def named(page: str, first: str) -> Block:
    """The one block of a page that begins so."""
    (found,) = [block for block in blocks(page) if block.first == first]
    return found
