"""Apprise, with its own plug-in for JSON by HTTP and a real server behind it."""

from typing import Any

import pytest

from notifications.transports import apprise as transport
from notifications.transports.apprise import Apprise, from_url
from notifications.transports.base import Address, Malformed, TransportError

from .provider import Provider
from .words import message

NOBODY = Address(value="")


def services(*providers: Provider) -> Apprise:
    return from_url(", ".join(f"json://{one.netloc}/hook" for one in providers))


def test_all_of_the_operators_services_hear_of_it(provider: Provider) -> None:
    other = Provider()
    try:
        accepted = services(provider, other).send(message(link="https://desk.example/t/5"), NOBODY)
    finally:
        other.close()
    assert accepted.answer == "2 services"
    for one in (provider, other):
        (received,) = one.received
        assert received.json["title"] == "The lift is stuck"
        assert received.json["message"] == "Please have a look at it.\n\nhttps://desk.example/t/5"


def test_a_service_that_refuses_is_a_passing_failure(provider: Provider) -> None:
    provider.answers(500)
    with pytest.raises(TransportError) as failed:
        services(provider).send(message(), NOBODY)
    error = failed.value
    assert (error.permanent, error.unknown, error.gone) == (False, False, False)
    assert not Apprise.is_idempotent


def test_a_service_that_hangs_is_unknown(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "TOTAL_S", 0.3)
    provider.hangs()
    with pytest.raises(TransportError) as failed:
        services(provider).send(message(), NOBODY)
    assert failed.value.unknown


def test_a_message_without_words_says_its_title(provider: Provider) -> None:
    services(provider).send(message(message=""), NOBODY)
    assert provider.received[0].json["message"] == "The lift is stuck"


@pytest.mark.parametrize("given", [",", "nonsense://geheim", "json://localhost/x,geheim"])
def test_an_unknown_service_is_refused_without_being_quoted(given: str, caplog: Any) -> None:
    with pytest.raises(Malformed, match="appriseit") as refused:
        from_url(given)
    assert "geheim" not in str(refused.value)


def test_secrets_do_not_show_in_a_repr() -> None:
    assert "geheim" not in repr(from_url("json://desk:geheim@localhost"))
