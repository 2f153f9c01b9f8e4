"""Web push: a browser decrypts what a push service was given, and the service verifies who we are."""

import json
from pathlib import Path
from typing import Any

import pytest
from py_vapid import Vapid02

from config.outward import vapid_private_key
from notifications.transports.base import Address, Malformed, TransportError
from notifications.transports.push import from_url
from notifications.transports.push.webpush import payload, public_key, vapid

from .browser import Browser, from_base64url
from .provider import Provider
from .words import message


@pytest.fixture(autouse=True)
def our_key(settings: Any, tmp_path: Path) -> None:
    settings.VAPID_PRIVATE_KEY = vapid_private_key(tmp_path)
    settings.EMAIL_FROM = "desk@tidings.example"


@pytest.fixture
def subscriber(allowed: Provider) -> Browser:
    return Browser(f"{allowed.url}/push/geheimer-endpunkt")


def test_only_the_browser_can_read_it(subscriber: Browser, allowed: Provider) -> None:
    allowed.answers(201)
    told = message(title="Grüße", link="https://desk.example/t/5", payload={"id": 7, "seq": 3})
    from_url("webpush://").send(told, subscriber.address)
    (received,) = allowed.received
    assert received.path == "/push/geheimer-endpunkt"
    assert received.headers["content-encoding"] == "aes128gcm"
    assert "Grüße".encode() not in received.body
    assert subscriber.decrypt(received.body) == {
        "id": 7,
        "seq": 3,
        "delivery_id": "d-1",
        "notification_type": "ticket_assigned",
        "priority": "high",
        "title": "Grüße",
        "message": "Please have a look at it.",
        "link": "https://desk.example/t/5",
        "image": None,
    }


def test_the_service_can_tell_that_it_is_us(subscriber: Browser, allowed: Provider) -> None:
    from_url("webpush://").send(message(), subscriber.address)
    authorization = allowed.received[0].headers["authorization"]
    assert Vapid02.verify(authorization)
    token, key = (part.split("=", 1)[1] for part in authorization.removeprefix("vapid ").split(","))
    assert key == public_key()
    assert len(from_base64url(public_key())) == 65
    claims = json.loads(from_base64url(token.split(".")[1]))
    assert claims["aud"] == allowed.url
    assert claims["sub"] == "mailto:desk@tidings.example"


@pytest.mark.parametrize(
    ("priority", "urgency"),
    [("low", "low"), ("normal", "normal"), ("high", "high"), ("urgent", "high"), ("critical", "high")],
)
def test_how_urgent_it_is(subscriber: Browser, allowed: Provider, priority: str, urgency: str) -> None:
    from_url("webpush://").send(message(priority=priority), subscriber.address)
    headers = allowed.received[0].headers
    assert headers["urgency"] == urgency
    assert int(headers["ttl"]) > 24 * 3600


def test_a_second_try_takes_the_place_of_the_first(subscriber: Browser, allowed: Provider) -> None:
    push = from_url("webpush://")
    for delivery_id in ("1", "1", "2"):
        push.send(message(delivery_id=delivery_id), subscriber.address)
    first, again, other = (one.headers["topic"] for one in allowed.received)
    assert first == again != other
    assert len(first) == 32
    assert push.is_idempotent


@pytest.mark.parametrize("words", ["x" * 10_000, "ж" * 10_000, "🛗" * 10_000, '"\n' * 10_000])
def test_long_words_are_cut_to_what_services_take(subscriber: Browser, allowed: Provider, words: str) -> None:
    from_url("webpush://").send(message(message=words), subscriber.address)
    body = allowed.received[0].body
    assert 3_000 < len(body) <= 4_096
    assert subscriber.decrypt(body)["message"].endswith("…")


def test_words_that_fit_are_not_cut() -> None:
    assert json.loads(payload(message(message="x" * 3_000)))["message"] == "x" * 3_000


REFUSALS = [  # status, permanent, gone
    (400, True, False),
    (401, True, False),
    (403, True, False),
    (404, True, True),
    (410, True, True),
    (413, True, False),
    (429, False, False),
    (500, False, False),
    (503, False, False),
    (307, True, False),
]


@pytest.mark.parametrize(("status", "permanent", "gone"), REFUSALS)
def test_a_service_refuses(subscriber: Browser, allowed: Provider, status: int, permanent: bool, gone: bool) -> None:
    said = f"no: {subscriber.endpoint}".encode()
    allowed.answers(status, said, {"Retry-After": "30", "Location": "http://127.0.0.1:1/"})
    with pytest.raises(TransportError, match=f"HTTP {status}") as failed:
        from_url("webpush://").send(message(), subscriber.address)
    error = failed.value
    assert (error.permanent, error.gone, error.unknown) == (permanent, gone, False)
    assert error.retry_after_s == (None if permanent else 30)
    assert "geheimer-endpunkt" not in str(error)
    assert len(allowed.received) == 1


@pytest.mark.parametrize(
    "keys", [{}, {"p256dh": "", "auth": ""}, {"p256dh": "AAAA", "auth": "AAAA"}, {"p256dh": "B" * 87, "auth": "###"}]
)
def test_a_subscription_that_nobody_can_encrypt_for_is_switched_off(
    subscriber: Browser, allowed: Provider, keys: dict[str, str]
) -> None:
    with pytest.raises(TransportError, match="keys") as failed:
        from_url("webpush://").send(message(), Address(value=subscriber.endpoint, kind="webpush", keys=keys))
    assert failed.value.gone
    assert allowed.received == []


@pytest.mark.parametrize("endpoint", ["http://10.0.0.1/", "https://127.0.0.1/", "https://[::1]:9/x", "ftp://x", ""])
def test_an_endpoint_inside_our_network_is_not_called(subscriber: Browser, endpoint: str) -> None:
    with pytest.raises(TransportError, match="not called") as failed:
        from_url("webpush://").send(message(), Address(value=endpoint, kind="webpush", keys=subscriber.address.keys))
    assert failed.value.permanent


@pytest.mark.parametrize("given", ["", "geheim", "A" * 43 + "A", "!" * 43])
def test_a_key_that_is_none_is_refused_without_being_quoted(given: str) -> None:
    with pytest.raises(Malformed, match="P-256") as refused:
        vapid(given)
    assert "geheim" not in str(refused.value)


def test_apps_are_not_reached_without_fcm() -> None:
    with pytest.raises(TransportError, match="fcm is not configured") as failed:
        from_url("webpush://").send(message(), Address(value="token", kind="fcm"))
    assert failed.value.permanent
