"""Outgoing webhooks: the receiver verifies them by the Standard Webhooks text alone, without our code."""

import hmac
from base64 import b64decode, b64encode
from datetime import timedelta
from hashlib import sha256

import pytest
import time_machine

from notifications.transports.base import Address, TransportError
from notifications.transports.webhook import Webhook, from_url, new_secret

from .provider import Provider, Received
from .words import NOW, message

SECRET, OLD_SECRET = new_secret(), new_secret()
PAYLOAD = {"type": "notification.read", "timestamp": "2026-11-21T09:00:00Z", "data": {"title": "Grüße"}}


def target(provider: Provider, **keys: str) -> Address:
    return Address(value=f"{provider.url}/hook", keys={"secret": SECRET, **keys})


def verified(received: Received, secret: str) -> bool:
    """https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"""
    signed = f"{received.headers['webhook-id']}.{received.headers['webhook-timestamp']}.".encode() + received.body
    key = b64decode(secret.split("_", 1)[1])
    wanted = "v1," + b64encode(hmac.new(key, signed, sha256).digest()).decode()
    return wanted in received.headers["webhook-signature"].split(" ")


def test_the_receiver_can_verify_it(allowed: Provider) -> None:
    with time_machine.travel(NOW, tick=False):
        from_url("webhook://").send(message(payload=PAYLOAD), target(allowed))
    (received,) = allowed.received
    assert received.path == "/hook"
    assert received.json == PAYLOAD
    assert received.headers["content-type"] == "application/json"
    assert received.headers["webhook-id"] == "d-1"
    assert received.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert verified(received, SECRET)
    assert not verified(received, OLD_SECRET)


def test_while_a_secret_is_replaced_either_verifies(allowed: Provider) -> None:
    Webhook().send(message(payload=PAYLOAD), target(allowed, old_secret=OLD_SECRET))
    assert verified(allowed.received[0], SECRET)
    assert verified(allowed.received[0], OLD_SECRET)


def test_a_second_try_has_the_same_id_and_a_new_time(allowed: Provider) -> None:
    for moment in (NOW, NOW + timedelta(minutes=5)):
        with time_machine.travel(moment, tick=False):
            Webhook().send(message(payload=PAYLOAD), target(allowed))
    first, second = allowed.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 300
    assert verified(second, SECRET)
    assert Webhook.is_idempotent


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_taken(allowed: Provider, status: int) -> None:
    allowed.answers(status, b"")
    assert Webhook().send(message(), target(allowed)).answer == f"HTTP {status}"


@pytest.mark.parametrize("status", [301, 400, 401, 404, 429, 500, 503])
def test_anything_else_may_pass(allowed: Provider, status: int) -> None:
    allowed.answers(status, b"secrets of the receiver", {"Retry-After": "5", "Location": "http://127.0.0.1:1/"})
    with pytest.raises(TransportError) as failed:
        Webhook().send(message(), target(allowed))
    error = failed.value
    assert str(error) == f"HTTP {status}"
    assert (error.permanent, error.gone, error.retry_after_s) == (False, False, 5)
    assert len(allowed.received) == 1


def test_410_means_never_again(allowed: Provider) -> None:
    allowed.answers(410)
    with pytest.raises(TransportError) as failed:
        Webhook().send(message(), target(allowed))
    assert failed.value.gone
    assert failed.value.permanent


def test_a_private_address_is_not_called(provider: Provider) -> None:
    with pytest.raises(TransportError, match="not called") as failed:
        Webhook().send(message(), target(provider))
    assert failed.value.permanent
    assert provider.received == []


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_###"])
def test_nothing_goes_out_unsigned(allowed: Provider, secret: str) -> None:
    with pytest.raises(TransportError, match="secret") as failed:
        Webhook().send(message(), target(allowed, secret=secret))
    assert failed.value.permanent
    assert allowed.received == []


def test_new_secrets_differ_and_fit_their_column() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(one) for one in made} == {50}
    assert all(len(b64decode(one.removeprefix("whsec_"))) == 32 for one in made)
