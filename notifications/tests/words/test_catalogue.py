"""The catalogue: kinds are data, and data with a mistake is refused by file, kind and field."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings

from notifications.events import Category, Priority
from notifications.words.catalogue import BrokenCatalogue, Kind, find, kinds

Catalogue = Callable[[str], dict[str, Kind]]


@pytest.fixture
def catalogue(settings: LazySettings, tmp_path: Path) -> Iterator[Catalogue]:
    """`catalogue("[kind] …")`: the kinds, with this file among them."""

    def read(text: str) -> dict[str, Kind]:
        file = tmp_path / "extra.toml"
        file.write_text(text, encoding="utf-8")
        settings.NOTIFICATION_CATALOGUES = [file]
        kinds.cache_clear()
        return kinds()

    yield read
    kinds.cache_clear()


def test_every_kind_that_is_shipped_can_be_used() -> None:
    assert {"general", "admin_message", "system_announcement", "ticket_assigned"} <= set(kinds())
    for name, kind in kinds().items():
        assert (kind.name, kind.category in Category.values, kind.priority in Priority.values) == (name, True, True)
        assert "inbox" in kind.channels


def test_the_least_a_kind_says(catalogue: Catalogue) -> None:
    kind = catalogue('[plain]\ncategory = "info"\npriority = "low"\n')["plain"]
    assert kind == Kind(name="plain", category="info", priority="low")
    assert (kind.title, kind.message, kind.channels) == (None, None, ("inbox", "websocket"))
    assert (kind.requires_acknowledgment, kind.mandatory, kind.variables) == (False, False, [])
    assert (kind.collapse, kind.digest_window_s, kind.digest_key) == (False, None, None)


def test_all_that_a_kind_can_say(catalogue: Catalogue) -> None:
    text = """
        [lift_stuck]
        category = "alert"
        priority = "critical"
        title = "Lift {{ lift.name }}"
        message = "{{ people }} people in {{ lift.name }}"
        channels = ["inbox", "sms"]
        requires_acknowledgment = true
        mandatory = true
        collapse = true
        digest = { window_s = 600, key = "lift.id" }
    """
    kind = catalogue(text)["lift_stuck"]
    assert kind.variables == ["lift.name", "people"]
    assert kind.channels == ("inbox", "sms")
    assert kind.requires_acknowledgment is True
    assert kind.mandatory is True
    assert kind.collapse is True
    assert (kind.digest_window_s, kind.digest_key) == (600, "lift.id")


GOOD = 'category = "info"\npriority = "low"\n'
BROKEN = [
    ("not toml at all", "extra.toml"),
    (f"[plain]\n{GOOD}colour = 'red'", "[plain] colour"),
    (f"[plain]\n{GOOD}name = 'other'", "[plain] name"),
    (f"[Plain-Kind]\n{GOOD}", "'plain_kind'"),
    ("[plain]\npriority = 'low'", "[plain] category"),
    ("[plain]\ncategory = 'gossip'\npriority = 'low'", "[plain] category"),
    ("[plain]\ncategory = 'info'\npriority = 'extreme'", "[plain] priority"),
    ("[plain]\ncategory = ['info']\npriority = 'low'", "[plain] category"),
    (f"[plain]\n{GOOD}channels = ['inbox', 'pigeon']", "[plain] channels"),
    (f"[plain]\n{GOOD}channels = 'inbox'", "[plain] channels"),
    (f"[plain]\n{GOOD}title = '{{{{ unclosed'", "[plain] title"),
    (f"[plain]\n{GOOD}message = '{{{{ x | append: x }}}}'", "[plain] message"),
    (f"[plain]\n{GOOD}title = 5", "[plain] title"),
    (f"[plain]\n{GOOD}mandatory = 'yes'", "[plain] mandatory"),
    (f"[plain]\n{GOOD}collapse = 1", "[plain] collapse"),
    (f"[plain]\n{GOOD}digest = 60", "[plain] digest"),
    (f"[plain]\n{GOOD}digest = {{ key = 'x' }}", "[plain] digest"),
    (f"[plain]\n{GOOD}digest = {{ window_s = 0 }}", "[plain] digest"),
    (f"[plain]\n{GOOD}digest = {{ window_s = true }}", "[plain] digest"),
    (f"[plain]\n{GOOD}digest = {{ window_s = 60, key = 'a b' }}", "[plain] digest"),
    (f"[plain]\n{GOOD}digest = {{ window_s = 60, every = 5 }}", "[plain] digest"),
    (f"[plain]\n{GOOD}digest_window_s = 60", "[plain] digest_window_s"),
    (f"[general]\n{GOOD}", "[general]"),
    ("plain = 5", "plain"),
]


@pytest.mark.parametrize(("text", "named"), BROKEN)
def test_a_mistake_is_named(catalogue: Catalogue, text: str, named: str) -> None:
    with pytest.raises(BrokenCatalogue) as broken:
        catalogue(text)
    assert named in str(broken.value)
    assert "extra.toml" in str(broken.value)


def test_a_file_that_is_not_there_is_named(settings: LazySettings, catalogue: Catalogue, tmp_path: Path) -> None:
    catalogue("")
    settings.NOTIFICATION_CATALOGUES = [tmp_path / "gone.toml"]
    kinds.cache_clear()
    with pytest.raises(BrokenCatalogue, match=r"gone\.toml"):
        kinds()


def test_what_is_not_in_the_catalogue_is_not_found() -> None:
    assert find("no_such_kind") is None
    assert find("") is None
