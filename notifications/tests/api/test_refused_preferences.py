"""What a person cannot say is refused by its place, and nothing is written."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from notifications.models import AuditEntry, Preference
from notifications.words import catalogue

from .people import refusal
from .wishes import NUMBER, patch, put, read


@pytest.fixture
def engineer(people: dict[str, User]) -> User:
    return people["engineer"]


@pytest.fixture
def _mandatory(settings: Any, tmp_path: Path) -> Iterator[None]:
    """The catalogue with a kind that is mandatory, and one that is critical."""
    kinds = tmp_path / "alarms.toml"
    kinds.write_text("""
        [break_in]
        category = "security"
        priority = "high"
        mandatory = true
        [fire_alarm]
        category = "security"
        priority = "critical"
    """)
    settings.NOTIFICATION_CATALOGUES = [*settings.NOTIFICATION_CATALOGUES, kinds]
    catalogue.kinds.cache_clear()
    yield
    catalogue.kinds.cache_clear()


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": ""}, "timezone"),
        ({"timezone": 5}, "timezone"),
        ({"locale": "Deutsch, bitte"}, "locale"),
        ({"locale": "de-" + "x" * 40}, "locale"),
        ({"min_priority": "loud"}, "min_priority"),
        ({"min_priority": 3}, "min_priority"),
        ({"min_priority": ["low"]}, "min_priority"),
        ({"only_categories": ["news"]}, "only_categories.0"),
        ({"only_categories": []}, "only_categories"),
        ({"muted_categories": ["info", "news"]}, "muted_categories.1"),
        ({"muted_types": ["general", "nothing"]}, "muted_types.1"),
        ({"muted_types": "general"}, "muted_types"),
        ({"muted_types": [{}]}, "muted_types.0"),
        ({"muted_tags": ["x"] * 1001}, "muted_tags"),
        ({"muted_tags": ["x" * 65]}, "muted_tags.0"),
        ({"muted_threads": ["fine", ""]}, "muted_threads.1"),
        ({"max_age_s": 0}, "max_age_s"),
        ({"max_age_s": "60"}, "max_age_s"),
        ({"max_age_s": True}, "max_age_s"),
        ({"max_age_s": 2**40}, "max_age_s"),
        ({"quiet_hours": {"start": "22:00"}}, "quiet_hours.end"),
        ({"quiet_hours": {"start": "22:00", "end": "22:00"}}, "quiet_hours.end"),
        ({"quiet_hours": {"start": "24:00", "end": "08:00"}}, "quiet_hours.start"),
        ({"quiet_hours": {"start": "22:00", "end": 8}}, "quiet_hours.end"),
        ({"quiet_hours": {"from": "22:00"}}, "quiet_hours.from"),
        ({"quiet_hours": "22:00-08:00"}, "quiet_hours"),
        ({"digest": {"nothing": {"window_s": 60}}}, "digest.nothing"),
        ({"digest": {"general": 60}}, "digest.general"),
        ({"digest": {"general": {}}}, "digest.general.window_s"),
        ({"digest": {"general": {"window_s": -1}}}, "digest.general.window_s"),
        ({"digest": {"general": {"window_s": 604_801}}}, "digest.general.window_s"),
        ({"digest": {"general": {"window": 60}}}, "digest.general.window"),
        ({"digest": []}, "digest"),
        ({"kinds": {"nothing": {"email": False}}}, "kinds.nothing"),
        ({"kinds": {"general": {"pigeon": False}}}, "kinds.general.pigeon"),
        ({"kinds": {"general": {"inbox": False}}}, "kinds.general.inbox"),
        ({"kinds": {"general": {"email": "no"}}}, "kinds.general.email"),
        ({"kinds": {"general": {"email": 0}}}, "kinds.general.email"),
        ({"kinds": {"general": False}}, "kinds.general"),
        ({"kinds": ["general"]}, "kinds"),
        ({"phone": NUMBER}, "phone"),
        ({"unsubscribed": {"email": []}}, "unsubscribed"),
        ({"quietHours": None}, "quietHours"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_place_and_nothing_is_written(
    body: dict[str, Any], place: str, engineer: User
) -> None:
    good = {"kinds": {"general": {"push": False}}} if "kinds" not in body else {"timezone": "Asia/Tokyo"}
    for write in (patch, put):
        told = refusal(write(engineer, {**good, **body}))
        assert set(told) == {place, "code"}, told
    assert not Preference.objects.exists()
    assert not AuditEntry.objects.filter(action="preferences.changed").exists()


@pytest.mark.parametrize("answer", ["timezone", "phone"])
def test_a_refusal_says_what_to_do(answer: str, engineer: User) -> None:
    assert "Did you mean Europe/Berlin?" in refusal(patch(engineer, {"timezone": "Europe/Berlim"}))["timezone"][0]
    assert "verify_phone" in refusal(patch(engineer, {"phone": NUMBER}))["phone"][0]


@pytest.mark.usefixtures("_mandatory")
@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"kinds": {"break_in": {"email": False}}}, "kinds.break_in.email"),
        ({"kinds": {"BREAK.IN": {"websocket": False}}}, "kinds.BREAK.IN.websocket"),
        ({"kinds": {"fire_alarm": {"sms": False}}}, "kinds.fire_alarm.sms"),
        ({"muted_types": ["fire_alarm"]}, "muted_types.0"),
        ({"muted_categories": ["security"]}, "muted_categories.0"),
        ({"digest": {"break_in": {"window_s": 60}}}, "digest.break_in"),
    ],
)
def test_what_is_mandatory_can_neither_be_switched_off_nor_muted(
    body: dict[str, Any], place: str, engineer: User
) -> None:
    told = refusal(patch(engineer, body))
    assert told["code"] == "mandatory"
    assert "mandatory" in told[place][0]
    assert not Preference.objects.exists()


@pytest.mark.usefixtures("_mandatory")
def test_what_is_mandatory_is_on_everywhere_and_may_be_said_so(engineer: User) -> None:
    told = read(engineer)
    assert set(told["kinds"]["break_in"].values()) == {True}
    assert put(engineer, told).status_code == 200
    assert not Preference.objects.exists()
