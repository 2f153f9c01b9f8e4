"""A forgotten password is reset by a letter; whatever was signed in with the old one ends."""

import re
import threading
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from config.sign_in import handshake
from notifications.models import AuditEntry, NotificationLog, Suppression

from .conftest import PASSWORD, access, bearing, code, session_of, signed_in, socket

NEW = "a quite different horse"
LINK = re.compile(r"http://desk\.example(/password/reset/\S+)")


@pytest.fixture(autouse=True)
def mailbox(settings: Any, tmp_path: Path) -> Path:
    settings.CHANNEL_URLS = {"email": f"file://{tmp_path}"}
    settings.BASE_URL = "http://desk.example"
    settings.EMAIL_FROM = "desk@desk.example"
    return tmp_path


@pytest.fixture
def eve(engineer: User) -> User:
    User.objects.filter(pk=engineer.pk).update(email="eve@desk.example")
    return engineer


def ask(address: str = "eve@desk.example", **meta: Any) -> Any:
    return Client().post("/password/reset/", {"email": address}, **meta)


def letters(mailbox: Path) -> list[Path]:
    """All that were sent: they are posted in the background."""
    for thread in threading.enumerate():
        if thread.name == "password-letter":
            thread.join(20)
    return list(mailbox.iterdir())


def link_in(mailbox: Path) -> str:
    (letter,) = letters(mailbox)
    mail = message_from_bytes(letter.read_bytes(), policy=policy.default)
    assert mail["To"].addresses[0].addr_spec == "eve@desk.example"
    text = mail.get_body(("plain",))
    assert text
    found = LINK.search(text.get_content())
    assert found, "no link"
    return found[1]


def form_behind(browser: Client, link: str) -> str:
    """The page that the link leads to: the token goes into the session, out of the address."""
    led = browser.get(link)
    assert led.status_code == 302, "the link does not work"
    return str(led["Location"])


def test_the_letters_link_sets_a_new_password_once(eve: User, mailbox: Path) -> None:
    sent = ask(HTTP_HOST="evil.example")
    assert (sent.status_code, sent["Location"]) == (302, "/password/reset/sent/")
    link, browser = link_in(mailbox), Client()
    form = form_behind(browser, link)
    assert b"This link does not work" not in browser.get(form).content
    refused = browser.post(form, {"new_password1": "short", "new_password2": "short"})
    assert b"too short" in refused.content
    done = browser.post(form, {"new_password1": NEW, "new_password2": NEW})
    assert (done.status_code, done["Location"]) == (302, "/password/reset/done/")
    assert Client().login(username="engineer", password=NEW)
    assert not Client().login(username="engineer", password=PASSWORD)
    assert b"This link does not work" in Client().get(link).content


def test_a_reset_ends_sessions_tokens_and_what_they_opened(eve: User, mailbox: Path) -> None:
    old_browser, old_token = signed_in(eve), access(eve)
    opened = [handshake.from_handshake(socket(f"token={old_token}"))]
    opened.append(handshake.from_handshake(socket(cookie=session_of(old_browser), origin="http://testserver")))
    identities = [identity for identity in opened if identity]
    assert len(identities) == 2
    assert handshake.lapsed(identities) == set()
    ask()
    browser = Client()
    browser.post(form_behind(browser, link_in(mailbox)), {"new_password1": NEW, "new_password2": NEW})
    assert handshake.lapsed(identities) == set(identities)
    assert old_browser.get("/").status_code == 302
    assert code(bearing(old_token).get("/api/notifications/"), 401) == "token_revoked"
    entry = AuditEntry.objects.get(action="password.reset")
    assert (entry.actor_id, entry.target_user_id) == (eve.pk, eve.pk)


@pytest.mark.django_db(transaction=True)
def test_who_has_a_new_password_is_told(eve: User, mailbox: Path) -> None:
    browser = Client()
    browser.force_login(eve)
    said = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert browser.post("/password/change/", said)["Location"] == "/password/change/done/"
    row = NotificationLog.objects.select_related("event").get(recipient=eve)
    assert row.event.kind == "security_alert"
    assert "Your password was changed" in row.event.message


def test_a_change_keeps_this_browser_and_ends_the_others(eve: User) -> None:
    here, elsewhere, token = Client(), signed_in(eve), access(eve)
    here.force_login(eve)
    wrong = here.post("/password/change/", {"old_password": "x", "new_password1": NEW, "new_password2": NEW})
    assert b"incorrect" in wrong.content
    here.post("/password/change/", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    code(bearing(token).get("/api/notifications/"), 401)
    assert AuditEntry.objects.filter(action="password.changed", actor_id=eve.pk).exists()


@pytest.mark.parametrize("why", ["unknown", "inactive", "without a password", "suppressed"])
def test_the_answer_does_not_tell_who_has_an_account(eve: User, mailbox: Path, why: str) -> None:
    known = ask()
    letters(mailbox)[0].unlink()
    if why == "inactive":
        User.objects.update(is_active=False)
    elif why == "without a password":
        User.objects.update(password="!")
    elif why == "suppressed":
        Suppression.objects.create(channel="email", address="eve@desk.example", why="bounced", since=timezone.now())
    other = ask("nobody@desk.example" if why == "unknown" else "eve@desk.example")
    assert (other.status_code, other["Location"], other.content) == (
        known.status_code,
        known["Location"],
        known.content,
    )
    assert letters(mailbox) == []


def test_nobodys_mailbox_is_filled_and_the_answer_stays_the_same(eve: User, mailbox: Path) -> None:
    for number in range(5):
        assert ask(" EVE@desk.example", REMOTE_ADDR=f"203.0.113.{number}")["Location"] == "/password/reset/sent/"
    assert len(letters(mailbox)) == 3


def test_one_address_asks_five_times_a_minute(eve: User) -> None:
    answers = [ask(f"{number}@desk.example") for number in range(6)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert b"Too many attempts" in answers[-1].content
    assert ask("6@desk.example", REMOTE_ADDR="203.0.113.1").status_code == 302


def test_an_open_page_is_no_place_to_guess_the_password(eve: User, settings: Any) -> None:
    rates = {**settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "sign_in": "2/min"}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    here = Client()
    here.force_login(eve)
    said = {"old_password": "guess", "new_password1": NEW, "new_password2": NEW}
    assert [here.post("/password/change/", said).status_code for _ in range(3)] == [200, 200, 429]
    right = here.post("/password/change/", {**said, "old_password": PASSWORD})
    assert right.status_code == 429
    assert not Client().login(username="engineer", password=NEW)


def test_a_link_grows_old(eve: User, mailbox: Path, settings: Any) -> None:
    ask()
    link = link_in(mailbox)
    settings.PASSWORD_RESET_TIMEOUT = -1  # as if the hour were over
    assert b"This link does not work" in Client().get(link).content


@pytest.mark.parametrize(
    "link", ["/password/reset/MQ/x-y/", "/password/reset/%00/a-b/", "/password/reset/OTk5OTk5/a-b/"]
)
def test_a_link_that_is_none_of_ours(db: None, link: str) -> None:
    page = Client().get(link)
    assert page.status_code == 200
    assert b"This link does not work" in page.content


def test_without_mail_the_page_says_whom_to_ask(db: None, settings: Any) -> None:
    settings.CHANNEL_URLS = {}
    assert b"An administrator can set" in Client().get("/password/reset/").content
    assert Client().get("/password/change/").status_code == 302, "for who is signed in"
    assert timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT) == timedelta(hours=1)


def test_the_admins_sign_in_leads_to_the_page_too(db: None) -> None:
    assert 'href="/password/reset"' in Client().get("/admin/login/").content.decode()
    assert "E-mail" in Client().get("/password/reset").content.decode()
