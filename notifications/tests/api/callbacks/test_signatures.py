"""Who is believed: a provider that knows our secret, and nobody else."""

import hmac
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from notifications.models import AuditEntry, Delivery

from ..deliveries import make_delivery
from .providers import (
    BOUNCE,
    FORM,
    SECRET,
    from_bouncer,
    from_meta,
    from_twilio,
    meta_body,
    recorded,
    signed,
    sms_status,
    status,
    unsigned,
)


def test_a_wrong_signature_is_refused_and_changes_nothing(whatsapp: Delivery, sms: Delivery, email: Delivery) -> None:
    answers = [
        from_meta(status("read"), secret="guess"),
        from_meta(status("read"), secret=""),
        unsigned("/callbacks/whatsapp/"),
        unsigned("/callbacks/whatsapp/", **{"X-Hub-Signature-256": "sha256="}),
        unsigned("/callbacks/whatsapp/", **{"X-Hub-Signature-256": "ü"}),
        from_twilio(sms_status("read"), token="guess"),
        from_twilio(sms_status("read"), token=""),
        Client().post("/callbacks/sms/", urlencode(sms_status("read")), content_type=FORM),
        signed("/callbacks/email/", json.dumps({"message_id": f"<{email.pk}@h>", "type": "bounce"}).encode(), SECRET),
    ]
    for place, answer in enumerate(answers):
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_signature"), place
    assert not Delivery.objects.exclude(receipt="").exists()
    assert not AuditEntry.objects.exists()


def test_a_body_that_was_changed_on_the_way_is_refused(whatsapp: Delivery) -> None:
    body = json.dumps(meta_body(status("sent"))).encode()
    signature = "sha256=" + hmac.new(SECRET.encode(), body, "sha256").hexdigest()
    changed = body.replace(b'"sent"', b'"read"')
    headers = {"X-Hub-Signature-256": signature}
    answer = Client().post("/callbacks/whatsapp/", changed, content_type="application/json", headers=headers)
    assert answer.status_code == 403


def test_a_channel_that_reports_nothing_is_not_there(db: None, settings: Any) -> None:
    for channel in ("push", "apprise", "pigeon", "inbox"):
        assert unsigned(f"/callbacks/{channel}/").status_code == 404
    without = {"whatsapp": "whatsapp://token@123", "sms": "twilio://AC1@+15005550006", "email": "smtp://mail.example"}
    for urls in ({}, {"whatsapp": "", "sms": ""}, without):
        settings.CHANNEL_URLS = urls
        assert from_meta(status("read"), secret="").status_code == 404
        assert from_twilio(sms_status("read"), token="").status_code == 404
        assert from_bouncer(message_id="<1@h>", type="bounce").status_code == 404
        assert (
            Client().get("/callbacks/whatsapp/", {"hub.mode": "subscribe", "hub.verify_token": ""}).status_code == 404
        )


def test_only_meta_asks_with_get(db: None) -> None:
    for path in ("/callbacks/sms/", "/callbacks/email/"):
        assert Client().get(path).status_code == 405
    assert Client().put("/callbacks/whatsapp/").status_code == 405


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"entry": NaN'])
def test_signed_nonsense_is_told_to_be_that(body: bytes, db: None) -> None:
    assert from_meta(body=body).status_code == 400
    assert signed("/callbacks/email/", body, BOUNCE).status_code == 400


def test_a_body_that_is_too_large_is_refused_before_it_is_read(db: None) -> None:
    assert from_meta(body=b" " * 70_000).status_code == 413


def test_a_message_that_is_not_ours_is_answered_and_changes_nothing(whatsapp: Delivery, sms: Delivery) -> None:
    for strange in ("wamid.of-another", "", None, 5, "x" * 1000):
        assert recorded(from_meta(status("read", id=strange))) == 0
    assert recorded(from_meta(status("read", id="SM1"))) == 0  # another channel's
    make_delivery("sms")  # the provider has not named it yet
    assert recorded(from_twilio(sms_status("delivered", MessageSid=""))) == 0
    assert not AuditEntry.objects.exists()
