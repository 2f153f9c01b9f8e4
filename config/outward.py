"""What the outward channels need from the environment: docs/channels.md has the table."""

import re
from base64 import urlsafe_b64encode
from pathlib import Path
from urllib.parse import quote, urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from django.core.exceptions import ImproperlyConfigured

from config.environment import kept_secret, names, text


def channel_urls(data: Path) -> dict[str, str]:
    """Channel → URL; empty: not configured. What is malformed is told by the system check `notifications.E001`."""
    return {
        "email": text("EMAIL_URL", f"file://{quote(str(data / 'mail'))}"),
        "whatsapp": text("WHATSAPP_URL", ""),
        "sms": text("SMS_URL", ""),
        "push": text("FCM_URL", "webpush://"),  # browsers need no provider of ours, only the VAPID key
        "apprise": text("APPRISE_URLS", ""),
        "webhook": "webhook://",  # each has its own address
    }


def email_from(base_url: str) -> str:
    """`EMAIL_FROM`, else an address of the host that the pages are on."""
    host = urlsplit(base_url).hostname or ""
    is_name = re.fullmatch(r"[\w-]+(\.[\w-]+)*\.[a-zA-Z][\w-]*", host)
    return text("EMAIL_FROM", f"Tidings <tidings@{host if is_name else 'localhost'}>")


def vapid_private_key(data: Path) -> str:
    """`VAPID_PRIVATE_KEY`, else one that is made once: browsers that subscribed with it know no other."""
    return text("VAPID_PRIVATE_KEY", "") or kept_secret(data / "vapid_private_key", make=_new_key)


def _new_key() -> str:
    number = generate_private_key(SECP256R1()).private_numbers().private_value
    return urlsafe_b64encode(number.to_bytes(32, "big")).decode().rstrip("=")


def outbound_allow() -> frozenset[str]:
    """`OUTBOUND_ALLOW`: host:port, …, which may be private and plain http."""
    given = [target.lower() for target in names("OUTBOUND_ALLOW", [])]
    for target in given:
        if not re.fullmatch(r"(\[[0-9a-f:.]+\]|[^\s/:@\[\]]+):\d{1,5}", target):
            raise ImproperlyConfigured(f"OUTBOUND_ALLOW: {target!r} is not a target; write it as gateway.example:8443")
    return frozenset(given)
