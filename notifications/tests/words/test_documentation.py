"""What docs/catalogue-and-templates.md shows is so."""

import re
from pathlib import Path

import pytest

from notifications.words import reading, rendering

pytestmark = pytest.mark.once
PAGE = (Path(__file__).parents[3] / "docs/catalogue-and-templates.md").read_text(encoding="utf-8")


def test_the_example_of_a_kind_is_one(tmp_path: Path) -> None:
    [example] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    file = tmp_path / "example.toml"
    file.write_text(example, encoding="utf-8")
    kinds, mistakes = reading.read(file)
    assert mistakes == []
    assert [(kind.name, kind.variables, kind.optional_variables) for kind in kinds] == [
        ("parcel_left", ["parcel_id"], ["carrier", "depot"])
    ]


def test_every_tag_and_filter_it_names_is_there_and_no_other() -> None:
    [tags, filters] = re.findall(r"\*\*Liquid\*\*: `(.*?)`, and the filters `(.*?)`", PAGE, re.DOTALL)[0]
    for tag in tags.split():
        assert f"{{% {tag} " in "{% if {% unless {% case {% for {% assign {% comment "
    assert set(filters.split()) == set(rendering._ENVIRONMENT.filters)


@pytest.mark.parametrize(
    "number",
    [rendering.LONGEST_WORDS, rendering.LONGEST_TAG, rendering.MOST_PARTS, rendering._Bounded.loop_iteration_limit],
)
def test_the_limits_it_names_are_ours(number: int) -> None:
    assert f"{number:,}" in PAGE.partition("## Limits")[2]
