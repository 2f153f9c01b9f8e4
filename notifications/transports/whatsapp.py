"""WhatsApp by Meta's Cloud API: an approved template; or text, for 24 h after the person's last words."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import quote

from .base import Accepted, Address, Malformed, Message, ProviderUrl, TransportError
from .http.client import Answer, post

FORM = "whatsapp://<access-token>@<phone-number-id>?app_secret=…&verify_token=…"
META = "https://graph.facebook.com"
LONGEST_TEXT = 4096  # characters
# developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
_PASSING = {1, 2, 4, 80007, 130429, 131000, 131016, 131048, 131056, 131057, 133004, 133016}
_OPTED_OUT = {131050}


def from_url(url: str) -> "WhatsApp":
    parsed = ProviderUrl.parse(url, form=FORM)
    if not re.fullmatch("[!-~]+", parsed.user) or not parsed.host.isdigit():
        raise Malformed(f"write it as {FORM}")
    return WhatsApp(
        phone_number_id=parsed.host,
        access_token=parsed.user,
        app_secret=parsed.query.get("app_secret", ""),
        verify_token=parsed.query.get("verify_token", ""),
        base=parsed.base(META),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatsApp:
    """`app_secret` and `verify_token` are for the callbacks."""

    phone_number_id: str
    access_token: str = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)
    base: str
    is_idempotent: ClassVar[bool] = False

    def send(self, message: Message, address: Address) -> Accepted:
        answer = post(
            f"{self.base}/v20.0/{quote(self.phone_number_id)}/messages",
            content=json.dumps(_body(message, address)).encode(),
            headers={"Authorization": f"Bearer {self.access_token}", "Content-Type": "application/json"},
            is_ours=True,
        )
        if not answer.is_accepted:
            raise _refusal(answer, hidden=(address.value, address.value.lstrip("+"), self.access_token))
        return Accepted(provider_id=_provider_id(answer), answer=f"HTTP {answer.status}")


def _body(message: Message, address: Address) -> dict[str, Any]:
    body: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": address.value.lstrip("+"),
        "biz_opaque_callback_data": message.delivery_id,
    }
    template = message.payload.get("whatsapp_template")
    if isinstance(template, Mapping) and template.get("name"):
        return {
            **body,
            "type": "template",
            "template": {
                "name": template["name"],
                "language": {"code": template.get("language") or message.locale},
                "components": template.get("components") or [],
            },
        }
    return {**body, "type": "text", "text": {"preview_url": bool(message.link), "body": _text(message)}}


def _text(message: Message) -> str:
    head = f"*{message.title}*\n" if message.title else ""
    tail = f"\n{message.link}" if message.link else ""
    room = LONGEST_TEXT - len(head) - len(tail)
    words = message.message if len(message.message) <= room else message.message[: room - 1] + "…"
    return (head + words + tail).strip()


def _provider_id(answer: Answer) -> str:
    match answer.json():
        case {"messages": [{"id": str(found)}, *_]}:
            return found
    return ""


def _refusal(answer: Answer, *, hidden: tuple[str, ...]) -> TransportError:
    """Meta's own code says more than the status."""
    error = answer.json().get("error")
    if not isinstance(error, dict) or not isinstance(code := error.get("code"), int):
        return answer.refusal()
    words = f"({code}) {error.get('message', '')}"
    if code in _PASSING:
        return answer.refusal(words, hidden=hidden, permanent=False, retry_after_s=answer.retry_after_s())
    if code in _OPTED_OUT:
        return answer.refusal(words, hidden=hidden, permanent=True, suppress=True)
    return answer.refusal(words, hidden=hidden)
