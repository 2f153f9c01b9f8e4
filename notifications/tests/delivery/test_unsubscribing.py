"""A letter carries the way to end it: what RFC 8058 says is posted there ends it."""

import email
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications.deciding import wishes
from notifications.tests.transports.mailserver import MailServer

from ..crowd import send
from .conftest import send_due, states

ONE_CLICK = "List-Unsubscribe=One-Click"


@pytest.fixture
def mails(settings: Any) -> Iterator[MailServer]:
    server = MailServer()
    settings.CHANNEL_URLS = {"email": server.url()}
    settings.BASE_URL = "https://tidings.example"
    yield server
    server.close()


def last_letter(mails: MailServer) -> EmailMessage:
    content = mails.letters[-1].content
    assert isinstance(content, bytes)
    letter = email.message_from_bytes(content, policy=SMTP)
    assert isinstance(letter, EmailMessage)
    return letter


def unsubscribe_url(letter: EmailMessage) -> str:
    assert letter["List-Unsubscribe-Post"] == ONE_CLICK
    header = str(letter["List-Unsubscribe"])
    assert header.startswith("<https://tidings.example/unsubscribe/")
    return header.strip("<>")


def test_one_click_ends_e_mail_of_that_kind_and_of_no_other(mails: MailServer, reachable: User) -> None:
    send(reachable, channels=["email"])
    send_due()
    path = urlsplit(unsubscribe_url(last_letter(mails))).path
    answer = Client(enforce_csrf_checks=True).post(path, ONE_CLICK, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert wishes.of([reachable.pk])[reachable.pk].unsubscribed == {("general", "email")}

    send(reachable, channels=["email"], message="Another.")
    send_due()
    assert len(mails.letters) == 1
    assert ("skipped", "unsubscribed") in set(states(reachable).values())
    send(reachable, kind="admin_message", channels=["email"])
    send_due()
    assert len(mails.letters) == 2


def test_what_waits_is_not_sent_any_more(mails: MailServer, reachable: User) -> None:
    send(reachable, channels=["email"])
    send_due()
    path = urlsplit(unsubscribe_url(last_letter(mails))).path
    send(reachable, channels=["email"])
    Client().post(path, {"List-Unsubscribe": "One-Click"})
    send_due()
    assert len(mails.letters) == 1


def test_both_links_stand_in_the_letter_too(mails: MailServer, reachable: User) -> None:
    send(reachable, channels=["email"])
    send_due()
    letter = last_letter(mails)
    for form in ("plain", "html"):
        part = letter.get_body((form,))
        assert part
        text = part.get_content()
        assert unsubscribe_url(letter) in text
        assert "https://tidings.example/preferences/" in text


def test_what_is_mandatory_has_no_way_out(mails: MailServer, reachable: User) -> None:
    send(reachable, kind="security_alert", channels=["email"])
    send_due()
    letter = last_letter(mails)
    assert letter["List-Unsubscribe"] is None
    assert "/preferences/" not in letter.as_string()
