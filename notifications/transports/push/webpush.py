"""Web push: encrypted for the browser alone (RFC 8291), signed with our VAPID key (RFC 8292)."""

import json
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from py_vapid import Vapid02, VapidException

from ..base import Accepted, Address, Malformed, Message, TransportError, clean
from ..email import sender
from ..http.addresses import Forbidden, take_apart
from ..http.client import post

TTL_S = 3 * 24 * 3600  # longer than a weekend; the inbox has it for ever
TOKEN_S = 12 * 3600  # of at most 24 h: RFC 8292 §2
LARGEST_PAYLOAD = 3_900  # bytes; services take 4,096 with the encryption around it
_URGENCY = {"low": "low", "normal": "normal"}  # the rest is high: RFC 8030 §5.3
_GONE = {404, 410}


@dataclass(frozen=True, slots=True)
class WebPush:
    """`address.value`: the endpoint; `address.keys`: p256dh and auth, as the browser gave them."""

    def send(self, message: Message, address: Address) -> Accepted:
        answer = post(address.value, content=_encrypted(message, address), headers=_headers(message, address))
        if answer.is_accepted:
            return Accepted(answer=f"HTTP {answer.status}")
        said = clean(answer.body.decode(errors="replace"), address.value)
        if answer.status in _GONE:
            raise answer.refusal(said, permanent=True, gone=True)
        raise answer.refusal(said)


def public_key() -> str:
    """What a browser subscribes with (`applicationServerKey`), in base64url."""
    point = vapid(settings.VAPID_PRIVATE_KEY).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).decode().rstrip("=")


@lru_cache(maxsize=4)
def vapid(private_key: str) -> Any:
    """The key behind VAPID_PRIVATE_KEY: base64url of its 32 bytes, or of its DER. Raises Malformed."""
    try:
        key = Vapid02.from_string(private_key)
    except Exception:  # the library raises what its decoders raise; the text would hold the key
        raise Malformed("write it as base64url of the 32 bytes of a P-256 key") from None
    key.conf["no-strict"] = True  # an address in an intranet's one-word domain is one too
    return key


def _headers(message: Message, address: Address) -> dict[str, str]:
    try:
        target = take_apart(address.value)
    except Forbidden as error:
        raise TransportError(f"not called: {error}", permanent=True) from None
    claims = {
        "aud": f"{target.scheme}://{target.netloc}",
        "sub": f"mailto:{sender().addr_spec}",
        "exp": int(time.time()) + TOKEN_S,
    }
    try:
        signed = vapid(settings.VAPID_PRIVATE_KEY).sign(claims)
    except VapidException:  # it signs for names, not for IPv6 addresses
        raise TransportError("not called: its host is not a name", permanent=True) from None
    return {
        **signed,
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(TTL_S),
        "Urgency": _URGENCY.get(message.priority, "high"),
        # a second one of the same delivery takes the place of the first: RFC 8030 §5.4, 32 characters
        "Topic": urlsafe_b64encode(sha256(message.delivery_id.encode()).digest()).decode()[:32],
    }


def _encrypted(message: Message, address: Address) -> bytes:
    from pywebpush import WebPusher  # brings a second's worth of imports

    if not are_usable(address.keys):
        raise TransportError("the subscription's keys cannot be used", permanent=True, gone=True)
    keys = {name: address.keys[name] for name in ("p256dh", "auth")}
    return bytes(WebPusher({"endpoint": address.value, "keys": keys}).encode(payload(message))["body"])


def are_usable(keys: Mapping[str, Any]) -> bool:
    """A point on P-256 and 16 bytes, in base64url: RFC 8291 §3.2."""
    try:
        point, auth = (_from_base64url(keys[name]) for name in ("p256dh", "auth"))
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except (KeyError, TypeError, ValueError):
        return False
    return len(point) == 65 and len(auth) == 16


def _from_base64url(text: str) -> bytes:
    return b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)


def payload(message: Message) -> bytes:
    """What the service worker gets; the words are cut when it would not fit."""
    words = message.message
    while len(packed := _packed(message, words)) > LARGEST_PAYLOAD and words:
        surplus = len(packed) - LARGEST_PAYLOAD
        words = words[: max(len(words) - surplus // 6 - 2, 0)].rstrip() + "…" if len(words) > 2 else ""
    return packed


def _packed(message: Message, words: str) -> bytes:
    known = {
        **message.payload,
        "delivery_id": message.delivery_id,
        "notification_type": message.kind,
        "priority": message.priority,
        "title": message.title,
        "message": words,
        "link": message.link,
        "image": message.image,
    }
    return json.dumps(known, separators=(",", ":"), ensure_ascii=False).encode()
