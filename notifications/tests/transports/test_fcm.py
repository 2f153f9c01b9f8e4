"""FCM, against a server that stands for Google: it checks our signature before it gives a token."""

import json
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from google.auth import jwt

from notifications.transports.base import Address, Malformed, TransportError
from notifications.transports.push import from_url

from .provider import Provider
from .words import NOW, message

APP = Address(value="geheimes-app-token", kind="fcm")
ACCOUNT_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def credentials(provider: Provider, tmp_path: Path) -> Path:
    """A service account's file, as Google hands it out; its token server is ours."""
    pem = ACCOUNT_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    file = tmp_path / "account.json"
    account = {"type": "service_account", "private_key_id": "k1", "private_key": pem}
    file.write_text(json.dumps({**account, "client_email": "desk@p.iam.example", "token_uri": f"{provider.url}/token"}))
    return file


def fcm(provider: Provider, credentials: Path) -> Any:
    return from_url(f"fcm://desk-1?credentials={credentials}&base={provider.url}")


def gives_a_token(provider: Provider, token: str = "geheimer-zugang") -> None:
    provider.answers(200, {"access_token": token, "expires_in": 3600, "token_type": "Bearer"})


def test_an_app_is_reached_with_a_signed_request_for_a_token(provider: Provider, credentials: Path) -> None:
    gives_a_token(provider)
    provider.answers(200, {"name": "projects/desk-1/messages/0:17"})
    told = message(link="https://desk.example/t/5", image="https://desk.example/i.png", payload={"id": 7})
    assert fcm(provider, credentials).send(told, APP).provider_id == "projects/desk-1/messages/0:17"

    asked, sent = provider.received
    assert asked.path == "/token"
    assert asked.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    public = ACCOUNT_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = jwt.decode(asked.form["assertion"], certs=public, audience=f"{provider.url}/token")
    assert claims["iss"] == "desk@p.iam.example"
    assert claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"
    assert 0 < claims["exp"] - claims["iat"] <= 3600

    assert sent.path == "/v1/projects/desk-1/messages:send"
    assert sent.headers["authorization"] == "Bearer geheimer-zugang"
    assert sent.json["message"] == {
        "token": "geheimes-app-token",
        "notification": {
            "title": "The lift is stuck",
            "body": "Please have a look at it.",
            "image": "https://desk.example/i.png",
        },
        "data": {"id": "7", "delivery_id": "d-1", "link": "https://desk.example/t/5", "priority": "high"},
        "android": {"priority": "HIGH", "notification": {"tag": "d-1"}},
        "apns": {
            "headers": {"apns-priority": "10", "apns-collapse-id": "d-1"},
            "payload": {"aps": {"sound": "default"}},
        },
    }


def test_a_token_is_asked_for_once_an_hour(provider: Provider, credentials: Path) -> None:
    push = fcm(provider, credentials)
    with time_machine.travel(NOW, tick=False) as clock:
        gives_a_token(provider, "first")
        for _ in range(3):
            push.send(message(), APP)
        clock.shift(3_400)
        gives_a_token(provider, "second")
        push.send(message(), APP)
    used = [one.headers["authorization"] for one in provider.received if one.path != "/token"]
    assert used == ["Bearer first"] * 3 + ["Bearer second"]


def test_a_token_that_is_refused_is_not_used_again(provider: Provider, credentials: Path) -> None:
    push = fcm(provider, credentials)
    gives_a_token(provider, "stolen")
    provider.answers(401, {"error": {"status": "UNAUTHENTICATED"}})
    with pytest.raises(TransportError, match="UNAUTHENTICATED") as failed:
        push.send(message(), APP)
    assert failed.value.permanent
    gives_a_token(provider, "fresh")
    push.send(message(), APP)
    assert provider.received[-1].headers["authorization"] == "Bearer fresh"


def error(status: str, code: str = "", words: str = "") -> dict[str, Any]:
    details = [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}] if code else []
    return {"error": {"status": status, "message": words, "details": details}}


FCM_REFUSALS = [  # status, body, permanent, gone
    (404, error("NOT_FOUND", "UNREGISTERED"), True, True),
    (404, b"", True, True),
    (400, error("INVALID_ARGUMENT", "UNREGISTERED"), True, True),
    (400, error("INVALID_ARGUMENT", "INVALID_ARGUMENT", "The registration token is not valid"), True, True),
    (400, error("INVALID_ARGUMENT", "", "Unknown field"), True, False),
    (403, error("PERMISSION_DENIED", "SENDER_ID_MISMATCH"), True, False),
    (401, error("UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"), True, False),
    (429, error("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), False, False),
    (500, error("INTERNAL", "INTERNAL"), False, False),
    (503, error("UNAVAILABLE", "UNAVAILABLE"), False, False),
    (503, b"<html>", False, False),
]


@pytest.mark.parametrize(("status", "body", "permanent", "gone"), FCM_REFUSALS)
def test_fcm_refuses(
    provider: Provider, credentials: Path, status: int, body: Any, permanent: bool, gone: bool
) -> None:
    gives_a_token(provider)
    provider.answers(status, body, {"Retry-After": "60"})
    with pytest.raises(TransportError, match=f"HTTP {status}") as failed:
        fcm(provider, credentials).send(message(), APP)
    found = failed.value
    assert (found.permanent, found.gone, found.unknown) == (permanent, gone, False)
    assert found.retry_after_s == (None if permanent else 60)


def test_a_message_whose_answer_is_cut_is_unknown(provider: Provider, credentials: Path) -> None:
    gives_a_token(provider)
    provider.cuts()
    with pytest.raises(TransportError) as failed:
        fcm(provider, credentials).send(message(), APP)
    assert failed.value.unknown


def test_without_a_token_nothing_was_handed_over(provider: Provider, credentials: Path) -> None:
    provider.cuts()
    with pytest.raises(TransportError, match="no access token") as failed:
        fcm(provider, credentials).send(message(), APP)
    assert not failed.value.unknown
    assert not failed.value.permanent
    assert len(provider.received) == 1


@pytest.mark.parametrize(("status", "permanent"), [(400, True), (401, True), (429, False), (500, False)])
def test_a_refused_token_is_asked_for_once(provider: Provider, credentials: Path, status: int, permanent: bool) -> None:
    provider.answers(status, {"error": "invalid_grant"})
    with pytest.raises(TransportError, match="invalid_grant") as failed:
        fcm(provider, credentials).send(message(), APP)
    assert failed.value.permanent is permanent
    assert len(provider.received) == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "No such file"),
        ("geheim", "service account"),
        ("{}", "service account"),
        ('{"private_key": "geheim", "client_email": "x", "token_uri": "y"}', "service account"),
    ],
)
def test_a_credentials_file_that_is_none_is_told_at_start(tmp_path: Path, content: str | None, problem: str) -> None:
    file = tmp_path / "account.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(Malformed, match=problem) as refused:
        from_url(f"fcm://desk-1?credentials={file}")
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("given", ["fcm://", "fcm://desk-1", "fcm://?credentials=/x"])
def test_a_malformed_url_is_refused(given: str) -> None:
    with pytest.raises(Malformed, match="fcm://<project>"):
        from_url(given)
