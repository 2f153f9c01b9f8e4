"""E-mail that came back, told by whatever reads the bounces: our own form, since SMTP has none."""

import re
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import ValidationError

from ...events import Channel
from ...reaching import receipts
from ...reaching.receipts import Receipt
from ...transports.base import ProviderUrl
from ..bodies import read_json
from .signing import check_sha256

_WORDS = {"bounce": receipts.FAILED, "complaint": receipts.COMPLAINED}
_OURS = re.compile(r"<?([0-9]{1,18})@[^<>@\s]+>?")  # Message-ID: <delivery@host>


def secret(url: ProviderUrl) -> str:
    return url.query.get("bounce_token", "")


def read(request: HttpRequest, url: ProviderUrl) -> Iterator[Receipt]:
    """{"message_id", "type": "bounce" | "complaint"}, signed as Meta does. Raises NotSigned."""
    check_sha256(request.body, request.headers.get("X-Hub-Signature-256", ""), secret(url))
    body: Any = read_json(request.body.decode(errors="replace"))
    said = body if isinstance(body, dict) else {}
    word = _WORDS.get(str(said.get("type")))
    if word is None:
        raise ValidationError({"type": [f"One of {', '.join(_WORDS)}."]})
    if ours := _OURS.fullmatch(str(said.get("message_id"))):
        why = str(said["type"])
        yield Receipt(channel=Channel.EMAIL, word=word, delivery_id=int(ours[1]), why=why, suppress=True)
