"""docs/reference.md names every setting and every command, and no other."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
READ = re.compile(r'(?:text|flag|number|names|origins|one_of|environ\.get|environ\[)\(?\s*"([A-Z][A-Z_]+)"')
OURS = ("config.running", "config.sign_in", "core", "notifications")

pytestmark = pytest.mark.once


def settings_read() -> set[str]:
    """Names of the environment that our own code asks for, tests aside."""
    files = [path for path in (ROOT / "config").rglob("*.py") if "tests" not in path.parts]
    return {name for path in files for name in READ.findall(path.read_text(encoding="utf-8"))}


def test_every_setting_is_named_and_no_other() -> None:
    named = set(re.findall(r"`([A-Z][A-Z_]{3,})`", PAGE)) - {"INFO", "WARNING"}
    assert settings_read() - named == set()
    assert named - settings_read() == set()


def test_every_command_is_named_and_no_other() -> None:
    table = PAGE.partition("## Commands")[2]
    named = {name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert named == {name for name, app in get_commands().items() if app in OURS}


@pytest.mark.parametrize("row", re.findall(r"^\| `\w+`.* \|$", PAGE.partition("## Commands")[2], re.MULTILINE))
def test_a_command_has_the_options_beside_it(row: str) -> None:
    said, taken = re.findall(r"`(--[\w-]+)", row), ""
    for name in re.findall(r"`(\w+)`", row.split("|")[1]):
        taken += load_command_class(get_commands()[name], name).create_parser("manage.py", name).format_help()
    assert [option for option in said if f"{option} " not in taken.replace("\n", " ")] == []


def test_every_page_is_on_the_map() -> None:
    page = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages - set(re.findall(r"\(([\w-]+\.md)[)#]", page)) == set()


@pytest.mark.parametrize(
    "file", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda path: path.name
)
def test_no_link_leads_nowhere(file: Path) -> None:
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", prose)
    assert [link for link in links if not (file.parent / link).exists()] == []
