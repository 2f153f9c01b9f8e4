"""WhatsApp, as Meta's Cloud API tells it: developers.facebook.com/docs/whatsapp/cloud-api/webhooks."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from rest_framework.exceptions import ParseError

from ...events import Channel
from ...reaching import receipts
from ...reaching.receipts import Receipt
from ...transports.base import ProviderUrl, clean
from .signing import NotSigned, check_sha256

_WORDS = {word: word for word in (receipts.SENT, receipts.DELIVERED, receipts.READ, receipts.FAILED)}
_UNDELIVERABLE = {131026, 131050}  # no WhatsApp there, or its terms not accepted; opted out


def secret(url: ProviderUrl) -> str:
    return url.query.get("app_secret", "")


def challenge(request: HttpRequest, url: ProviderUrl) -> str | None:
    """What Meta wants to hear back when the address is registered; None: registering is not configured.

    Raises NotSigned.
    """
    expected, asked = url.query.get("verify_token", ""), request.GET
    if not expected:
        return None
    if asked.get("hub.mode") != "subscribe" or not constant_time_compare(asked.get("hub.verify_token", ""), expected):
        raise NotSigned
    return asked.get("hub.challenge", "")


def read(request: HttpRequest, url: ProviderUrl) -> Iterator[Receipt]:
    """The receipts in a request; what else Meta sends (messages of people, say) is passed over. Raises NotSigned."""
    check_sha256(request.body, request.headers.get("X-Hub-Signature-256", ""), secret(url))
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise ParseError("Not JSON.") from error
    for entry in _each(body, "entry"):
        for change in _each(entry, "changes"):
            for status in _each(change.get("value"), "statuses"):
                if word := _WORDS.get(str(status.get("status"))):
                    yield _receipt(word, status)


def _each(outer: Any, name: str) -> list[Mapping[str, Any]]:
    inner = outer.get(name) if isinstance(outer, dict) else None
    return [one for one in inner if isinstance(one, dict)] if isinstance(inner, list) else []


def _receipt(word: str, status: Mapping[str, Any]) -> Receipt:
    errors = _each(status, "errors")
    number = str(status.get("recipient_id") or "")
    return Receipt(
        channel=Channel.WHATSAPP,
        word=word,
        at=_moment(status.get("timestamp")),
        provider_id=str(status.get("id") or ""),
        why=clean("; ".join(f"{error.get('code')} {error.get('title', '')}" for error in errors)),
        suppress=any(error.get("code") in _UNDELIVERABLE for error in errors),
        address=f"+{number}" if number.isascii() and number.isdecimal() else "",
    )


def _moment(given: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(given), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
