"""What is said at acceptance: every language and channel at once, and nothing is written when a variable is missing."""

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.utils import timezone

from notifications.dispatch import notify
from notifications.events import Refused
from notifications.models import Event, Template
from notifications.words.catalogue import kinds

from ..crowd import event_to, everything_written

Tell = Callable[..., Event]
PARCEL = """
[parcel]
category = "info"
priority = "low"
title = "Parcel {{ id }}"
message = "On its way, says {{ sender }}."
sms.message = "Parcel {{ id }}: {{ code }}"
[parcel.de]
message = "Unterwegs, sagt {{ sender }}."
[parcel.de.email]
title = "Ihr Paket {{ id }}"
"""


@pytest.fixture(autouse=True)
def a_parcel(settings: LazySettings, tmp_path: Path) -> Iterator[None]:
    file = tmp_path / "parcel.toml"
    file.write_text(PARCEL, encoding="utf-8")
    settings.NOTIFICATION_CATALOGUES = [*settings.NOTIFICATION_CATALOGUES, file]
    kinds.cache_clear()
    yield
    kinds.cache_clear()


@pytest.fixture
def tell(person: User) -> Tell:
    """Accept a parcel with these fields; the row as it was stored."""

    def accept(**fields: Any) -> Event:
        said = {"kind": "parcel", "message": None, "context": {"id": 7, "code": "XY"}, **fields}
        return Event.objects.get(pk=notify(event_to(person, **said)).pk)

    return accept


def template(**fields: Any) -> Template:
    known = {"kind": "parcel", "message": "Staff: {{ id }}", "updated_at": timezone.now()}
    return Template.objects.create(**{**known, **fields})


def test_every_language_and_channel_is_said_once_at_acceptance(tell: Tell) -> None:
    event = tell()
    general, sms = ("Parcel 7", "On its way, says the system."), ("Parcel 7", "Parcel 7: XY")
    german = ("Parcel 7", "Unterwegs, sagt the system.")
    assert (event.title, event.message) == general
    assert {where: event.words_in(*where) for where in [("en", ""), ("en", "sms"), ("fr", "sms"), ("de", "")]} == {
        ("en", ""): general,
        ("en", "sms"): sms,
        ("fr", "sms"): sms,
        ("de", ""): german,
    }
    assert event.words_in("de", "email") == ("Ihr Paket 7", german[1])
    assert event.words_in("de-AT", "email") == ("Ihr Paket 7", german[1])
    assert event.words_in("de", "sms") == german  # the language counts for more than the channel
    assert "unterwegs" in event.search


def test_a_variable_that_any_of_the_words_lack_is_named_and_nothing_is_written(tell: Tell) -> None:
    before = everything_written()
    with pytest.raises(Refused) as refused:
        tell(context={"id": 7})
    assert (refused.value.field, refused.value.code) == ("context.code", "missing_variable")
    assert "sms" in refused.value.message
    assert everything_written() == before


def test_what_the_sender_says_is_said_in_every_language_and_on_every_channel(tell: Tell) -> None:
    event = tell(title="Lost", message="We are looking for it.", context={})
    assert (event.title, event.message, event.words) == ("Lost", "We are looking for it.", {})
    event = tell(message="We are looking for it.")
    assert event.words_in("en", "sms") == ("Parcel 7", "We are looking for it.")
    assert event.words_in("de", "email") == ("Ihr Paket 7", "We are looking for it.")
    event = tell(title="Lost")
    assert event.words_in("de", "email") == ("Lost", "Unterwegs, sagt the system.")


def test_a_kind_with_words_in_one_place_only_stores_no_others(tell: Tell) -> None:
    assert tell(kind="timelog_approved", context={"hours": 4}).words == {}
    assert tell(kind="general", message="Hello").words == {}


def test_words_by_staff_come_before_the_catalogues_and_their_version_is_pinned(tell: Tell) -> None:
    general = template(title="Staff {{ id }}", message="Written by staff", version=3)
    event = tell()
    assert (event.title, event.message) == ("Staff 7", "Written by staff")
    assert event.words["en"][""] == {
        "title": "Staff 7",
        "message": "Written by staff",
        "version": 3,
        "template": general.pk,
    }
    assert event.words_in("en", "sms") == ("Staff 7", "Parcel 7: XY")
    general.message = "Changed later"
    general.save()
    event.refresh_from_db()
    assert event.message == "Written by staff"


def test_words_by_staff_for_a_channel_or_a_language_leave_the_others_alone(tell: Tell) -> None:
    template(channel="push", message="Push {{ id }}")
    template(locale="pt-BR", message="A caminho")
    template(locale="it", message="In viaggio", is_active=False)
    event = tell()
    assert event.words_in("en", "push") == ("Parcel 7", "Push 7")
    assert event.words_in("pt-BR", "email") == ("Parcel 7", "A caminho")
    assert "it" not in event.words
    assert event.words["en"][""]["version"] is None
    assert event.words["en"]["push"]["version"] == 1


@pytest.mark.parametrize(
    ("priorities", "priority"),
    [
        ([("", "", "en")], "low"),
        ([("high", "", "en"), ("urgent", "sms", "en")], "high"),
        ([("normal", "sms", "en"), ("urgent", "", "de"), ("high", "", "fr")], "urgent"),
    ],
)
def test_a_templates_priority_comes_before_the_kinds_and_after_the_senders(
    tell: Tell, priorities: list[tuple[str, str, str]], priority: str
) -> None:
    for wanted, channel, locale in priorities:
        template(priority=wanted, channel=channel, locale=locale)
    assert tell().priority == priority
    assert tell(priority="critical").priority == "critical"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("title", {"context": {"id": "x" * 250, "code": "XY"}}),
        ("message", {"context": {"id": 7, "code": "x" * 9_995}}),
        ("message", {"message": "x" * 10_001}),
        ("context", {"context": {"id": 7, "code": "x" * 500_000}}),
        ("context", {"context": {"id": {1, 2}, "code": "XY"}}),
    ],
)
def test_what_becomes_too_long_is_refused_by_its_name(tell: Tell, field: str, wrong: dict[str, Any]) -> None:
    before = everything_written()
    with pytest.raises(Refused) as refused:
        tell(**wrong)
    assert refused.value.field == field
    assert everything_written() == before


@pytest.mark.timeout(60)  # a guard, not a measurement: one after the other these would take a minute and more
def test_many_busy_templates_together_are_stopped(tell: Tell) -> None:
    busy = "{% for i in list %}" + "{% if 'aaaaaaaaaa' contains 'aaab' %}{% endif %}" * 60 + "{% endfor %}done"
    for letters in product("abcdefghijklmno", repeat=2):
        template(locale="".join(letters), message=busy)
    before = everything_written()
    with pytest.raises(Refused, match="too much work"):
        tell(context={"id": 7, "code": "XY", "list": list(range(200))})
    assert everything_written() == before


def test_a_list_of_a_hundred_lines_in_every_language_is_not_too_much(tell: Tell) -> None:
    lines = "{% for line in lines %}- {{ line.count }} × {{ line.name | truncate: 40 }}\n{% endfor %}"
    for letters in product("abcde", repeat=2):
        template(locale="".join(letters), message=lines)
    event = tell(context={"id": 7, "code": "XY", "lines": [{"count": 2, "name": "Tea towel, blue"}] * 100})
    assert event.words_in("ab")[1].count("Tea towel") == 100


def test_what_every_language_lacks_is_not_said_to_be_missing_in_one_of_them(tell: Tell) -> None:
    template(locale="de", title="Paket {{ id }}", message="{{ id }}")
    with pytest.raises(Refused) as refused:
        tell(context={})
    assert str(refused.value.message) == "The title of this kind needs it."


def test_words_that_come_out_empty_are_not_said_to_be_none(tell: Tell) -> None:
    template(message="{% if code == 'AB' %}Yours{% endif %}")
    with pytest.raises(Refused, match="comes out empty with it") as refused:
        tell()
    assert refused.value.field == "context"
