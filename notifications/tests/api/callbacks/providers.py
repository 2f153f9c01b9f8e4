"""How each provider asks, signed with what the settings of these tests say."""

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from django.utils import timezone

NUMBER = "+491701234567"
SECRET, VERIFY, TOKEN, BOUNCE = "meta/secret", "let-me-in", "twilio:token", "bounce-token"
BASE = "https://tidings.example"
FORM = "application/x-www-form-urlencoded"
NOW = int(timezone.now().timestamp())
CHANNEL_URLS = {
    "whatsapp": f"whatsapp://token@123?app_secret={SECRET}&verify_token={VERIFY}",
    "sms": "twilio://AC1:twilio%3Atoken@+15005550006",
    "email": f"smtp://user:pass@mail.example:25?bounce_token={BOUNCE}",
}


def status(word: str, **fields: Any) -> dict[str, Any]:
    return {"id": "wamid.1", "status": word, "timestamp": str(NOW), "recipient_id": "491701234567", **fields}


def meta_body(*statuses: Any) -> dict[str, Any]:
    changes = [{"field": "messages", "value": {"messaging_product": "whatsapp", "statuses": list(statuses)}}]
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}


def signed(path: str, body: bytes, secret: str) -> Any:
    signature = "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()
    headers = {"X-Hub-Signature-256": signature}
    client = Client(enforce_csrf_checks=True)
    return client.post(path, body, content_type="application/json", headers=headers)


def from_meta(*statuses: Any, secret: str = SECRET, body: bytes | None = None) -> Any:
    return signed("/callbacks/whatsapp/", json.dumps(meta_body(*statuses)).encode() if body is None else body, secret)


def from_bouncer(**said: Any) -> Any:
    return signed("/callbacks/email/", json.dumps(said).encode(), BOUNCE)


def from_twilio(said: Mapping[str, str], *, token: str = TOKEN, path: str = "/callbacks/sms/", base: str = BASE) -> Any:
    text = base + path + "".join(name + said[name] for name in sorted(said))
    signature = b64encode(hmac.new(token.encode(), text.encode(), "sha1").digest()).decode()
    client = Client(enforce_csrf_checks=True)
    return client.post(path, urlencode(said), content_type=FORM, headers={"X-Twilio-Signature": signature})


def sms_status(word: str, **fields: str) -> dict[str, str]:
    return {"MessageSid": "SM1", "MessageStatus": word, "To": NUMBER, "AccountSid": "AC1", **fields}


def recorded(answer: Any) -> int:
    assert answer.status_code == 200, answer.content
    return int(answer.json()["recorded"])


def unsigned(path: str, **headers: str) -> Any:
    body = json.dumps(meta_body(status("read")))
    return Client().post(path, body, content_type="application/json", headers=headers)
