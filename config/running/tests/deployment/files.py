"""The files of `deploy/`, and which variables the settings know."""

import re
from pathlib import Path
from typing import Any

import yaml

from ..trees import ROOT

DEPLOY = ROOT / "deploy"
EXAMPLE = DEPLOY / "tidings.env.example"
_READ = re.compile(r"\b(?:text|names|flag|number|one_of|origins|environ\.get)\(\s*\"([A-Z_]+)\"")


def compose() -> dict[str, Any]:
    """compose.yaml, its merges made; variables stay as they are written."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return found


def known_variables() -> set[str]:
    """Whatever the product reads from its environment."""
    sources = [path for path in (ROOT / "config").rglob("*.py") if "tests" not in path.parts]
    return {name for path in sources for name in _READ.findall(path.read_text())}


def example() -> dict[str, str]:
    """tidings.env.example, as systemd and compose read it."""
    lines = [line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def copied() -> list[Path]:
    """What the Dockerfile takes from the repository, relative to its root."""
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    taken = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    return [Path(source) for sources in taken for source in sources]
