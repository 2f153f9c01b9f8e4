"""A person reads and writes what they want, whole or one cell at a time."""

from functools import partial

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications.models import AuditEntry, Inbox, Phone, Preference
from notifications.tests.at_once import all_at_once
from notifications.tests.crowd import make_person
from notifications.words import catalogue

from .people import client_of, get, refusal
from .wishes import NUMBER, PREFERENCES, patch, put, read


@pytest.fixture
def engineer(people: dict[str, User]) -> User:
    return people["engineer"]


def test_who_said_nothing_has_the_defaults(engineer: User) -> None:
    told = read(engineer)
    assert told["kinds"].pop("general") == {
        "websocket": True,
        "email": True,
        "whatsapp": True,
        "push": True,
        "sms": False,
    }
    assert set(told["kinds"]) | {"general"} == set(catalogue.kinds())
    told.pop("kinds"), told.pop("digest")
    assert told == {
        "timezone": "UTC",
        "locale": "en",
        "phone": None,
        "quiet_hours": None,
        "min_priority": "low",
        "only_categories": None,
        "muted_types": [],
        "muted_categories": [],
        "muted_sources": [],
        "muted_tags": [],
        "muted_threads": [],
        "max_age_s": None,
        "unsubscribed": {},
    }
    assert not Preference.objects.exists()


def test_one_cell_is_switched_and_the_others_stay(engineer: User) -> None:
    patch(engineer, {"kinds": {"general": {"sms": True}, "ticket_opened": {"email": False}}})
    told = patch(engineer, {"kinds": {"general": {"push": False}}}).json()
    assert told["kinds"]["general"] == {
        "websocket": True,
        "email": True,
        "whatsapp": True,
        "push": False,
        "sms": True,
    }
    assert told["kinds"]["ticket_opened"]["email"] is False
    assert told == read(engineer)


def test_only_what_differs_from_the_defaults_is_kept(engineer: User) -> None:
    patch(engineer, {"kinds": {"general": {"push": False, "sms": True}}})
    patch(engineer, {"kinds": {"general": {"push": True, "sms": None}}})
    assert Preference.objects.get().kinds == {}
    patch(engineer, {"kinds": {"general": {"push": False}}})
    patch(engineer, {"kinds": {"general": None}})
    assert Preference.objects.get().kinds == {}


def test_a_patch_touches_nothing_else_and_null_is_the_default(engineer: User) -> None:
    patch(engineer, {"timezone": "Europe/Berlin", "muted_tags": ["beta"], "max_age_s": 60, "min_priority": "HIGH"})
    patch(engineer, {"quiet_hours": {"start": "22:00", "end": "8:00"}})
    told = patch(engineer, {"quiet_hours": {"end": "07:30"}, "max_age_s": None}).json()
    assert told["timezone"] == "Europe/Berlin"
    assert told["muted_tags"] == ["beta"]
    assert told["min_priority"] == "high"
    assert told["quiet_hours"] == {"start": "22:00", "end": "07:30"}
    assert told["max_age_s"] is None
    assert patch(engineer, {"quiet_hours": None, "timezone": None}).json()["quiet_hours"] is None
    assert read(engineer)["timezone"] == "UTC"


def test_put_replaces_and_what_is_left_out_is_the_default(engineer: User) -> None:
    patch(engineer, {"timezone": "Asia/Tokyo", "muted_tags": ["beta"], "kinds": {"general": {"email": False}}})
    told = put(engineer, {"locale": "de", "kinds": {"ticket_opened": {"push": False}}}).json()
    assert (told["timezone"], told["locale"], told["muted_tags"]) == ("UTC", "de", [])
    assert told["kinds"]["general"]["email"] is True
    assert told["kinds"]["ticket_opened"]["push"] is False


def test_what_get_gave_can_be_put_back_and_changes_nothing(engineer: User) -> None:
    Phone.objects.create(user=engineer, number=NUMBER, verified_at=timezone.now())
    patch(
        engineer,
        {
            "quiet_hours": {"start": "22:00", "end": "08:00"},
            "only_categories": ["info", "alert"],
            "muted_types": ["ticket_opened"],
            "digest": {"general": {"window_s": 60}},
            "kinds": {"general": {"email": False, "sms": True}, "ticket_opened": {"sms": False}},
        },
    )
    Preference.objects.update(unsubscribed={"email": ["*", "ticket_approved"]})
    stored, written = Preference.objects.values().get(), AuditEntry.objects.count()
    told = put(engineer, read(engineer))
    assert told.status_code == 200, told.content
    assert Preference.objects.values().get() == stored
    assert AuditEntry.objects.count() == written


def test_any_spelling_of_a_kind_is_understood(engineer: User) -> None:
    told = patch(
        engineer,
        {
            "kinds": {"Ticket.Opened": {"email": False}},
            "muted_types": ["TICKET-ASSIGNED", "ticket_assigned"],
            "digest": {"GENERAL": {"window_s": 600}},
        },
    ).json()
    assert told["kinds"]["ticket_opened"]["email"] is False
    assert told["muted_types"] == ["ticket_assigned"]
    assert told["digest"]["general"] == {"window_s": 600}


def test_everything_can_be_muted_and_filtered(engineer: User) -> None:
    said = {
        "only_categories": ["ALERT", "info"],
        "muted_categories": ["Progress_Update"],
        "muted_sources": ["tickets"],
        "muted_tags": ["beta", "noise", "beta"],
        "muted_threads": ["ticket:5"],
        "locale": "pt_br",
    }
    told = patch(engineer, said).json()
    assert told["only_categories"] == ["alert", "info"]
    assert told["muted_categories"] == ["progress_update"]
    assert told["muted_sources"] == ["tickets"]
    assert told["muted_tags"] == ["beta", "noise"]
    assert told["muted_threads"] == ["ticket:5"]
    assert told["locale"] == "pt-BR"


def test_the_verified_phone_is_part_of_the_answer(engineer: User) -> None:
    phone = Phone.objects.create(user=engineer, number="", asked_number=NUMBER)
    assert read(engineer)["phone"] is None
    phone.number, phone.verified_at = NUMBER, timezone.now()
    phone.save()
    assert read(engineer)["phone"] == NUMBER
    assert patch(engineer, {"phone": NUMBER, "locale": "de"}).status_code == 200


def test_switching_a_cell_on_takes_an_unsubscription_back(engineer: User) -> None:
    patch(engineer, {"locale": "de"})
    Preference.objects.update(unsubscribed={"email": ["general", "ticket_opened"]})
    assert read(engineer)["kinds"]["general"]["email"] is False
    told = patch(engineer, {"kinds": {"general": {"email": True}}}).json()
    assert told["kinds"]["general"]["email"] is True
    assert told["unsubscribed"] == {"email": ["ticket_opened"]}
    assert put(engineer, {}).json()["unsubscribed"] == {"email": ["ticket_opened"]}


def test_one_kind_can_be_switched_on_again_where_all_e_mail_is_off(engineer: User) -> None:
    patch(engineer, {"locale": "de"})
    Preference.objects.update(unsubscribed={"email": ["*"]})
    told = patch(engineer, {"kinds": {"general": {"email": True}}}).json()
    assert told["kinds"]["general"]["email"] is True
    assert told["kinds"]["ticket_opened"]["email"] is False
    assert told["unsubscribed"] == {"email": ["*"]}


def test_each_change_is_in_the_audit_with_what_changed(engineer: User) -> None:
    patch(engineer, {"timezone": "Europe/Berlin", "kinds": {"general": {"email": False}}})
    patch(engineer, {"timezone": "Europe/Berlin"})  # says nothing new
    entry = AuditEntry.objects.get(action="preferences.changed")
    assert (entry.actor_id, entry.target_user_id) == (engineer.pk, engineer.pk)
    assert entry.metadata == {
        "via": "api",
        "changes": {
            "timezone": {"from": "UTC", "to": "Europe/Berlin"},
            "kinds.general.email": {"from": None, "to": False},
        },
    }


def test_everybody_has_their_own(people: dict[str, User]) -> None:
    patch(people["engineer"], {"locale": "de"})
    assert read(people["engineer2"])["locale"] == "en"
    refusal(get(None, PREFERENCES), 401)
    refusal(patch(None, {"locale": "de"}), 401)


@pytest.mark.parametrize("path", ["/notifications/preferences", "/api/notifications/preferences"])
def test_the_other_systems_spelling_is_the_same(path: str, engineer: User) -> None:
    for spelled in (path, f"{path}/"):
        client_of(engineer).patch(spelled, {"locale": "de"}, format="json")
        assert read(engineer, spelled)["locale"] == "de"
    assert client_of(engineer).post(path, {}, format="json").status_code == 405


def test_a_page_shows_it_with_a_form_to_write_it(engineer: User) -> None:
    page = client_of(engineer).get(PREFERENCES, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "&quot;quiet_hours&quot;: null" in page.content.decode()
    assert 'data-method="PUT"' in page.content.decode()
    assert client_of(engineer).options(PREFERENCES).json()["actions"]["PUT"]["quiet_hours"]


@pytest.mark.django_db(transaction=True)
def test_cells_written_at_once_are_all_kept() -> None:
    person = make_person()
    Inbox.objects.create(user=person)
    names = list(catalogue.kinds())[:6]
    all_at_once(*(partial(patch, person, {"kinds": {name: {"email": False}}}) for name in names))
    told = read(person)["kinds"]
    assert [told[name]["email"] for name in names] == [False] * 6
