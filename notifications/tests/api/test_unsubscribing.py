"""The links at the foot of an e-mail: good without signing in, for one thing, one person, and a while."""

import logging
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client

from notifications import links, preferring
from notifications.models import AuditEntry, Event, Preference

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def engineer(people: dict[str, User]) -> User:
    return people["engineer"]


@pytest.fixture
def stranger() -> Client:
    """A mail program: no session, no cookies, no CSRF token."""
    return Client(enforce_csrf_checks=True)


def path(url: str) -> str:
    return urlsplit(url).path


def unsubscribe(person: User, kind: str = "ticket_opened") -> str:
    return path(links.to_unsubscribe(person.pk, kind))


def preferences(person: User) -> str:
    return path(links.to_preferences(person.pk))


def left(person: User) -> set[str]:
    said: dict[str, Any] = preferring.shown(person.pk)["unsubscribed"]
    return set(said.get("email", ()))


def mailed(person: User) -> set[str]:
    return {kind for kind, cells in preferring.shown(person.pk)["kinds"].items() if cells["email"]}


# --- one kind, one click -----------------------------------------------------


def test_to_look_changes_nothing(engineer: User, stranger: Client) -> None:
    for look in (stranger.get, stranger.head, stranger.get):
        assert look(unsubscribe(engineer)).status_code == 200
    assert "Ticket opened" in stranger.get(unsubscribe(engineer)).content.decode()
    assert left(engineer) == set()
    assert not Preference.objects.exists()


@pytest.mark.parametrize("slash", ["/", ""])
def test_one_click_unsubscribes_and_repeating_it_changes_nothing(engineer: User, stranger: Client, slash: str) -> None:
    for _ in range(2):
        answer = stranger.post(unsubscribe(engineer).rstrip("/") + slash, ONE_CLICK)
        assert answer.status_code == 200
        assert not answer.cookies
    assert left(engineer) == {"ticket_opened"}
    entry = AuditEntry.objects.get(action="preferences.changed")
    assert (entry.actor_id, entry.target_user_id, entry.metadata["via"]) == (None, engineer.pk, "unsubscribe_link")


def test_mail_programs_may_post_it_either_way(engineer: User, stranger: Client) -> None:
    stranger.post(unsubscribe(engineer), "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    stranger.post(unsubscribe(engineer, "general"), ONE_CLICK)  # multipart/form-data
    assert left(engineer) == {"ticket_opened", "general"}


def test_a_post_that_says_something_else_changes_nothing(engineer: User, stranger: Client) -> None:
    for body in ({}, {"List-Unsubscribe": "No"}):
        assert stranger.post(unsubscribe(engineer), body).status_code == 400
    assert left(engineer) == set()


def test_the_form_of_the_page_does_it_and_takes_it_back(engineer: User, stranger: Client) -> None:
    asked = stranger.get(unsubscribe(engineer)).content.decode()
    done = stranger.post(unsubscribe(engineer), fields(asked)).content.decode()
    assert left(engineer) == {"ticket_opened"}
    assert "Undo" in done
    assert stranger.post(unsubscribe(engineer), fields(done)).status_code == 200
    assert left(engineer) == set()
    assert "ticket_opened" in mailed(engineer)


def fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))


def test_what_is_mandatory_cannot_be_unsubscribed_from(engineer: User, stranger: Client) -> None:
    link = unsubscribe(engineer, "security_alert")
    looked, posted = stranger.get(link), stranger.post(link, ONE_CLICK)
    assert (looked.status_code, posted.status_code) == (200, 400)
    for answer in (looked, posted):
        assert "mandatory" in answer.content.decode()
        assert "<form" not in answer.content.decode()
    assert left(engineer) == set()


# --- the page ---------------------------------------------------------------


def ticked(page: str) -> set[str]:
    return set(re.findall(r'name="kind" value="(\w+)" checked', page))


def listed(page: str) -> set[str]:
    return set(re.findall(r'name="listed" value="(\w+)"', page))


def test_the_page_shows_what_comes_by_e_mail(engineer: User, stranger: Client, notify_to: Callable[..., Event]) -> None:
    notify_to(engineer)
    preferring.change((engineer.pk, engineer.username), {"kinds": {"ticket_opened": {"email": False}}})
    page = stranger.get(preferences(engineer)).content.decode()
    assert {"ticket_assigned", "general", "security_alert"} <= ticked(page)
    assert "ticket_opened" in listed(page) - ticked(page)
    assert "security_alert" not in listed(page)
    had, _, others = page.partition("Other things")
    assert "General" in had
    assert "Ticket opened" in others


def test_the_page_switches_kinds_off_and_on(engineer: User, stranger: Client) -> None:
    page = stranger.get(preferences(engineer)).content.decode()
    wanted = ticked(page) - {"ticket_opened", "ticket_assigned"}
    form = {"kind": sorted(wanted), "listed": sorted(listed(page))}
    answer = stranger.post(preferences(engineer), form)
    assert answer.status_code == 200
    assert left(engineer) == {"ticket_opened", "ticket_assigned"}
    assert ticked(answer.content.decode()) == wanted
    stranger.post(preferences(engineer), {**form, "kind": sorted(wanted | {"ticket_opened"})})
    assert left(engineer) == {"ticket_assigned"}
    assert AuditEntry.objects.filter(action="preferences.changed").count() == 2


def test_all_e_mail_is_stopped_and_allowed_again(engineer: User, stranger: Client) -> None:
    before = mailed(engineer)
    page = stranger.post(preferences(engineer), {"all": "off"}).content.decode()
    assert left(engineer) == {"*"}
    assert mailed(engineer) == ticked(page) == {"security_alert"}
    stranger.post(preferences(engineer), {"kind": ["general"], "listed": ["general", "ticket_opened"]})
    assert mailed(engineer) == {"security_alert", "general"}
    stranger.post(preferences(engineer), {"all": "on"})
    assert left(engineer) == set()
    assert mailed(engineer) == before


def test_only_what_the_page_listed_can_be_said(engineer: User, stranger: Client) -> None:
    stranger.post(
        preferences(engineer), {"listed": ["security_alert", "nothing", "ticket_opened"], "kind": ["general"]}
    )
    assert left(engineer) == {"ticket_opened"}


# --- links that do not work ---------------------------------------------------


def test_a_link_is_good_for_one_thing_and_one_person(engineer: User, stranger: Client) -> None:
    token = unsubscribe(engineer).split("/")[2]
    other = preferences(engineer).split("/")[2]
    for wrong in (
        f"/preferences/{token}/",
        f"/unsubscribe/{other}/",
        f"/unsubscribe/{token[:-1]}/",
        f"/unsubscribe/{signing.dumps([1, 'email', 'general'])}/",
        "/unsubscribe/x/",
        "/preferences/%00/",
        f"/unsubscribe/{'x' * 3000}/",
    ):
        for answer in (stranger.get(wrong), stranger.post(wrong, ONE_CLICK)):
            assert answer.status_code == 404, wrong
            assert "does not work" in answer.content.decode()
    assert not Preference.objects.exists()


def test_a_link_that_is_too_old_says_so(engineer: User, stranger: Client, settings: Any) -> None:
    settings.EMAIL_LINK_DAYS = -1  # every link is older
    for link in (unsubscribe(engineer), preferences(engineer)):
        for answer in (stranger.get(link), stranger.post(link, {**ONE_CLICK, "all": "off"})):
            assert answer.status_code == 410
            assert "too old" in answer.content.decode()
    assert left(engineer) == set()


def test_a_link_of_somebody_who_is_gone_leads_nowhere(engineer: User, stranger: Client) -> None:
    link = unsubscribe(engineer)
    User.objects.filter(pk=engineer.pk).update(is_active=False)
    assert stranger.post(link, ONE_CLICK).status_code == 410
    engineer.delete()
    assert stranger.post(link, ONE_CLICK).status_code == 410


def test_who_guesses_is_not_listened_to_for_a_while(engineer: User, stranger: Client, settings: Any) -> None:
    rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "wrong_link": "3/min"}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    for _ in range(5):
        assert stranger.post(unsubscribe(engineer), ONE_CLICK).status_code == 200  # right ones do not count
    assert [stranger.get(f"/unsubscribe/{n}/").status_code for n in range(4)] == [404, 404, 404, 429]
    answer = stranger.post(unsubscribe(engineer, "general"), ONE_CLICK)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 61
    assert left(engineer) == {"ticket_opened"}
    assert stranger.get(unsubscribe(engineer), REMOTE_ADDR="192.0.2.7").status_code == 200


def test_no_link_is_logged(engineer: User, stranger: Client, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    good, mandatory = unsubscribe(engineer), unsubscribe(engineer, "security_alert")
    assert stranger.post(good, ONE_CLICK).status_code == 200
    assert (stranger.post(good).status_code, stranger.post(mandatory, ONE_CLICK).status_code) == (400, 400)
    settings.EMAIL_LINK_DAYS = -1
    assert stranger.post(good, ONE_CLICK).status_code == 410
    assert caplog.text.count("link refused") == 3
    for link in (good, mandatory):
        assert link.split("/")[2] not in caplog.text


def test_the_address_does_not_travel_on_and_is_kept_nowhere(engineer: User, stranger: Client) -> None:
    for link in (unsubscribe(engineer), preferences(engineer), "/preferences/x/"):
        answer = stranger.get(link)
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer["X-Robots-Tag"]
        assert "no-store" in answer["Cache-Control"]
        assert 'content="no-referrer"' in answer.content.decode()
        assert not answer.cookies
        assert "Cookie" not in answer.get("Vary", "")
        assert answer["X-Frame-Options"] == "DENY"
