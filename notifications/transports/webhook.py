"""Webhooks for other systems, signed as standardwebhooks.com says: they can verify us and drop what they have twice."""

import hmac
import json
import secrets
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import ClassVar

from .base import Accepted, Address, Malformed, Message, TransportError
from .http.client import post

TOTAL_S = 20.0
_PREFIX = "whsec_"
_GONE = 410


def from_url(url: str) -> "Webhook":
    """The settings only switch it on: each target has its own address and secret."""
    if url != "webhook://":
        raise Malformed("write it as webhook://")
    return Webhook()


def new_secret() -> str:
    """For a new target, or a rotation: give both to `send` while the other side still verifies the old one."""
    return _PREFIX + b64encode(secrets.token_bytes(32)).decode()


def signature(secret: str, *, delivery_id: str, timestamp: int, body: bytes) -> str:
    """Raises ValueError for a secret that is none."""
    key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    if not key:
        raise ValueError("an empty secret")
    signed = hmac.digest(key, f"{delivery_id}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{b64encode(signed).decode()}"


@dataclass(frozen=True, slots=True)
class Webhook:
    """`address.keys`: `secret`, and `old_secret` while it is being replaced. The body is `message.payload`."""

    is_idempotent: ClassVar[bool] = True  # the receiver knows webhook-id

    def send(self, message: Message, address: Address) -> Accepted:
        body = json.dumps(message.payload, separators=(",", ":"), ensure_ascii=False).encode()
        answer = post(
            address.value, content=body, headers=_headers(message.delivery_id, body, address), total_s=TOTAL_S
        )
        if answer.is_accepted:
            return Accepted(answer=f"HTTP {answer.status}")
        if answer.status == _GONE:
            raise answer.refusal("gone", permanent=True, gone=True)
        # a receiver that answers 404 today is being deployed: what is permanent, only 410 says
        raise answer.refusal(permanent=False, retry_after_s=answer.retry_after_s())


def _headers(delivery_id: str, body: bytes, address: Address) -> dict[str, str]:
    timestamp = int(time.time())
    in_use = [address.keys[name] for name in ("secret", "old_secret") if address.keys.get(name)]
    try:
        signed = [signature(one, delivery_id=delivery_id, timestamp=timestamp, body=body) for one in in_use]
    except ValueError:
        raise TransportError("the target's secret is malformed", permanent=True) from None
    if not signed:
        raise TransportError("the target has no secret", permanent=True)
    return {
        "Content-Type": "application/json",
        "webhook-id": delivery_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signed),
    }
