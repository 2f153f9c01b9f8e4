"""SMS, against a server that answers as Twilio does."""

from base64 import b64decode
from typing import Any

import pytest

from notifications.transports.base import Malformed, TransportError
from notifications.transports.sms import Twilio, from_url, text

from .provider import Provider
from .words import PHONE, message

SID, TOKEN = "AC0123456789", "geheim/wort"


def twilio(provider: Provider, sender: str = "+15557654321") -> Twilio:
    return from_url(f"twilio://{SID}:geheim%2Fwort@{sender}?base={provider.url}")


def test_a_text_message(provider: Provider, settings: Any) -> None:
    settings.BASE_URL = "https://desk.example"
    provider.answers(201, {"sid": "SM77", "status": "queued"})
    accepted = twilio(provider).send(message(link="https://desk.example/t/5"), PHONE)
    assert accepted.provider_id == "SM77"
    (received,) = provider.received
    assert received.path == "/2010-04-01/Accounts/AC0123456789/Messages.json"
    assert b64decode(received.headers["authorization"].removeprefix("Basic ")).decode() == f"{SID}:{TOKEN}"
    assert received.form == {
        "To": "+15550001111",
        "From": "+15557654321",
        "Body": "The lift is stuck\nPlease have a look at it.\nhttps://desk.example/t/5",
        "StatusCallback": "https://desk.example/callbacks/sms/",
    }


def test_no_callback_is_asked_for_where_nobody_could_make_it(provider: Provider, settings: Any) -> None:
    settings.BASE_URL = "http://127.0.0.1:8000"
    twilio(provider).send(message(), PHONE)
    assert "StatusCallback" not in provider.received[0].form


@pytest.mark.parametrize(
    ("sender", "field", "value"),
    [("MG00ff", "MessagingServiceSid", "MG00ff"), ("Tidings", "From", "Tidings"), ("My%20Desk", "From", "My Desk")],
)
def test_who_it_comes_from(provider: Provider, sender: str, field: str, value: str) -> None:
    twilio(provider, sender).send(message(), PHONE)
    assert provider.received[0].form[field] == value


@pytest.mark.parametrize(
    ("letter", "longest"),
    [("x", 1530), ("é", 1530), ("€", 765), ("ж", 670), ("🛗", 335)],  # ten segments of each alphabet
)
def test_a_text_is_cut_to_ten_segments(letter: str, longest: int) -> None:
    assert text(message(title=letter * longest, message="")) == letter * longest
    cut = text(message(title=letter * (longest + 1), message="", link="https://desk.example/t/5"))
    assert cut.endswith(f"{letter}...\nhttps://desk.example/t/5")
    assert text(message(title=cut, message="")) == cut


def test_the_same_words_are_not_said_twice() -> None:
    assert text(message(title="Your code is 123456", message="Your code is 123456")) == "Your code is 123456"


REFUSALS = [  # status, Twilio's code, permanent, suppress
    (400, 21211, True, True),  # no such number
    (400, 21614, True, True),  # cannot take text messages
    (400, 21610, True, True),  # has said STOP
    (400, 21408, True, False),  # we may not write to that country
    (401, 20003, True, False),
    (404, 20404, True, False),
    (429, 20429, False, False),
    (400, 21611, False, False),  # our queue is full
    (500, 20500, False, False),
    (503, None, False, False),
]


@pytest.mark.parametrize(("status", "code", "permanent", "suppress"), REFUSALS)
def test_a_refusal(provider: Provider, status: int, code: int | None, permanent: bool, suppress: bool) -> None:
    said = f"The 'To' number +15550001111 is wrong, {SID} {TOKEN}"
    provider.answers(status, {"code": code, "message": said} if code else b"busy", {"Retry-After": "9"})
    with pytest.raises(TransportError, match=f"HTTP {status}") as failed:
        twilio(provider).send(message(), PHONE)
    error = failed.value
    assert (error.permanent, error.suppress, error.unknown) == (permanent, suppress, False)
    assert error.retry_after_s == (None if permanent else 9)
    for secret in ("5550001111", SID, TOKEN):
        assert secret not in str(error)


def test_no_answer_is_unknown_and_is_not_repeated(provider: Provider) -> None:
    provider.cuts()
    with pytest.raises(TransportError) as failed:
        twilio(provider).send(message(), PHONE)
    assert failed.value.unknown
    assert not Twilio.is_idempotent


@pytest.mark.parametrize("given", ["twilio://", "twilio://AC1:geheim@", "twilio://AC1@+1555", "twilio://:geheim@+1555"])
def test_a_malformed_url_is_refused_without_being_quoted(given: str) -> None:
    with pytest.raises(Malformed, match="twilio://<account-sid>:<auth-token>@<from-number>") as refused:
        from_url(given)
    assert "geheim" not in str(refused.value)


def test_secrets_do_not_show_in_a_repr(provider: Provider) -> None:
    assert twilio(provider).auth_token == TOKEN
    assert TOKEN not in repr(twilio(provider))
