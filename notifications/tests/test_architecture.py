"""The rules of the layout that no linter keeps."""

from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "core", "notifications")
LONGEST, MOST_MODULES = 300, 7
FORBIDDEN = {"utils", "helpers", "common", "managers", "services", "misc"}
APART = {"tests", "migrations", "management", "static", "models"}  # models/ lists the concepts, as the top does


def modules() -> list[Path]:
    return [path.relative_to(ROOT) for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]


def too_long(paths: list[Path]) -> list[str]:
    lines = {path: len((ROOT / path).read_text().splitlines()) for path in paths if "migrations" not in path.parts}
    return [f"{path}: {count} lines" for path, count in lines.items() if count > LONGEST]


def too_full(paths: list[Path]) -> list[str]:
    """A package of two levels or more; the top of the engine and the desk list the concepts themselves."""
    own = [path for path in paths if not APART & set(path.parts) and path.name != "__init__.py"]
    folders = Counter(path.parent for path in own if len(path.parent.parts) > 1)
    return [f"{folder}: {count} modules" for folder, count in folders.items() if count > MOST_MODULES]


def badly_named(paths: list[Path]) -> list[str]:
    return [str(path) for path in paths if FORBIDDEN & {path.stem, *path.parts}]


@pytest.mark.parametrize("broken", [too_long, too_full, badly_named])
def test_the_tree_keeps_the_rule(broken: object) -> None:
    assert callable(broken)
    assert broken(modules()) == []


def test_the_rules_can_be_broken() -> None:
    crowd = [Path(f"core/desk/{letter}.py") for letter in "abcdefgh"]
    assert too_full(crowd) == ["core/desk: 8 modules"]
    assert too_full(crowd[1:]) == []
    assert badly_named([Path("core/utils.py"), Path("core/common/x.py"), Path("core/useful.py")]) == [
        "core/utils.py",
        "core/common/x.py",
    ]
