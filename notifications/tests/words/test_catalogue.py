"""The catalogue: kinds are data, and data with a mistake is refused by file, kind and field."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.checks import run_checks

from notifications.events import Category, Priority
from notifications.words import rendering
from notifications.words.catalogue import BrokenCatalogue, Kind, Words, find, kinds
from notifications.words.kind import WhatsappTemplate

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
    for name, kind in kinds().items():
        assert (kind.name, kind.category in Category.values, kind.priority in Priority.values) == (name, True, True)
        assert "inbox" in kind.channels


SPELLINGS = """
general ride_request ride_accepted admin_message
progress_update task_completed maintenance_notice security_alert admin_notice
ticket_created ticket_opened ticket_assigned ticket_work_started ticket_work_finished ticket_approved ticket_rejected
ticket_comment_added
task.assigned task.status_changed task.completed project.status_changed milestone.completed team_member.added
timelog.approved timelog.rejected sync.conflict_detected sync.conflict_resolved system_announcement
ORDER_CREATED ORDER_UPDATED ORDER_CANCELLED ORDER_SHIPPED ORDER_DELIVERED PAYMENT_SUCCESS PAYMENT_FAILED
PAYMENT_REFUNDED INVENTORY_LOW_STOCK INVENTORY_OUT_OF_STOCK RETURN_REQUESTED RETURN_APPROVED RETURN_REJECTED
RETURN_PROCESSED REFUND_PROCESSED SHIPMENT_CREATED SHIPMENT_UPDATED SHIPMENT_DELIVERED COUPON_EXPIRED COUPON_CREATED
VENDOR_APPROVED VENDOR_REJECTED SYSTEM_MAINTENANCE SECURITY_ALERT GENERAL
""".split()


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_each_kind_of_the_five_systems_is_known_in_their_own_spelling(spelling: str) -> None:
    assert find(spelling) is not None


def test_every_kind_with_variables_has_an_example_that_its_words_take() -> None:
    for kind in kinds().values():
        assert bool(kind.example) >= bool(kind.variables), kind.name
        for words in kind.wordings:
            for template in words.templates:
                assert rendering.render(template, {"sender": "Ada", **kind.example}).strip(), kind.name


def test_what_is_required_and_only_that_makes_each_kind_sayable() -> None:
    for kind in kinds().values():
        context: dict[str, Any] = {"sender": "Ada"}
        for path in kind.variables:
            _put(context, path.split("."))
        for words in kind.wordings:
            for template in words.templates:
                rendering.render(template, context)


def _put(context: dict[str, Any], path: list[str]) -> None:
    for name in path[:-1]:
        context = context.setdefault(name, {})
    context[path[-1]] = "x"


def test_what_must_reach_a_person_cannot_be_muted_and_progress_replaces_itself() -> None:
    assert [name for name, kind in kinds().items() if kind.mandatory] == ["security_alert"]
    progress = find("PROGRESS_UPDATE")
    assert progress is not None
    assert progress.collapse


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


WORDS = """
[parcel]
category = "info"
priority = "low"
title = "Parcel {{ id }}"
message = "It is {{ status | default: 'under way' }}{% if place %} at {{ place }}{% endif %}."
whatsapp_template = { name = "parcel_1", languages = ["en", "pt_BR"], variables = ["id", "box.number"] }
example = { id = 1 }
sms.message = "Parcel {{ id }}: {{ status | default: '?' }}"

[parcel.email]
title = "Your parcel {{ id }}"

[parcel.de]
title = "Paket {{ id }}"

[parcel.de.email]
message = "Ihr Paket {{ id }} mit {{ weight }} kg"
"""


def test_words_for_languages_and_channels(catalogue: Catalogue) -> None:
    kind = catalogue(WORDS.replace("{{ weight }}", "1"))["parcel"]
    assert kind.words == (
        Words(channel="sms", message="Parcel {{ id }}: {{ status | default: '?' }}"),
        Words(channel="email", title="Your parcel {{ id }}"),
        Words(locale="de", title="Paket {{ id }}"),
        Words(locale="de", channel="email", message="Ihr Paket {{ id }} mit 1 kg"),
    )
    assert kind.whatsapp_template == WhatsappTemplate(
        name="parcel_1", languages=("en", "pt_BR"), variables=("id", "box.number")
    )
    assert kind.variables == ["box.number", "id"]
    assert kind.optional_variables == ["place", "status"]


LINES = [
    (WORDS, 8, "[parcel] example", "lacks weight"),
    (WORDS.replace('"low"', '"slow"'), 4, "[parcel] priority", "'slow'"),
    (WORDS.replace("Paket {{ id }}", "Paket {{ id"), 15, "[parcel] de.title", "line 1, column 7"),
    (WORDS.replace("kg", "{% endif %}"), 18, "[parcel] de.email.message", "line 1"),
    (WORDS.replace("[parcel.email]", "[parcel.pigeon]"), 11, "[parcel] pigeon", "no language"),
    (WORDS.replace("[parcel.de.email]", "[parcel.de.inbox]"), 17, "[parcel] de.inbox", "here may stand"),
    (WORDS.replace("[parcel.de]\ntitle", "[parcel.de]\ntitel"), 15, "[parcel] de.titel", "here may stand"),
    (WORDS.replace("[parcel.de]\n", "[parcel.en]\n"), 14, "[parcel] en", "own words"),
    (WORDS.replace('["en", "pt_BR"]', "[]"), 7, "[parcel] whatsapp_template", "languages"),
    (WORDS.replace('"box.number"', '"box number"'), 7, "[parcel] whatsapp_template", "variables"),
    (WORDS.replace("parcel_1", "Parcel 1"), 7, "[parcel] whatsapp_template", "name"),
    (WORDS.replace('sms.message = "', "sms.message = 5 #"), 9, "[parcel] sms.message", "text"),
    (WORDS + "[parcel]", 19, "[] file", "(at line 19"),
]


@pytest.mark.parametrize(("text", "line", "field", "why"), LINES, ids=range(len(LINES)))
def test_a_mistake_is_found_by_its_line(catalogue: Catalogue, text: str, line: int, field: str, why: str) -> None:
    with pytest.raises(BrokenCatalogue) as broken:
        catalogue(text)
    assert str(broken.value).startswith(f"extra.toml:{line}: {field}")
    assert why in str(broken.value)


def test_the_system_check_names_every_mistake(settings: LazySettings, tmp_path: Path) -> None:
    assert run_checks() == []
    file = tmp_path / "broken.toml"
    file.write_text(f"[one]\ncategory = 'gossip'\npriority = 'low'\n[two]\n{GOOD}colour = 'red'\n[general]\n{GOOD}")
    settings.NOTIFICATION_CATALOGUES = [file]
    found = [str(message.msg) for message in run_checks() if message.id == "notifications.E004"]
    assert [" ".join(one.split(" ")[:3]) for one in found] == [
        "broken.toml:2: [one] category:",
        "broken.toml:7: [two] colour:",
        "broken.toml:8: [general] name:",
    ]


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
