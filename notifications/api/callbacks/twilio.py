"""SMS, as Twilio tells it: twilio.com/docs/usage/security and twilio.com/docs/sms/api/message-resource."""

import hmac
from base64 import b64encode
from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.utils.crypto import constant_time_compare

from ...events import Channel
from ...reaching import receipts
from ...reaching.receipts import Receipt
from ...transports.base import ProviderUrl
from .signing import NotSigned

_WORDS = {
    "sent": receipts.SENT,
    "delivered": receipts.DELIVERED,
    "read": receipts.READ,
    "undelivered": receipts.FAILED,
    "failed": receipts.FAILED,
}
# no such number, STOP was answered, no mobile, unknown, a landline: twilio.com/docs/api/errors
_UNDELIVERABLE = {"21211", "21610", "21614", "30005", "30006"}


def secret(url: ProviderUrl) -> str:
    return url.password


def read(request: HttpRequest, url: ProviderUrl) -> Iterator[Receipt]:
    """The receipt in a request; none while the message is still on its way. Raises NotSigned."""
    said = QueryDict(request.body)
    _check(request, said, secret(url))
    if word := _WORDS.get(said.get("MessageStatus", "")):
        code = said.get("ErrorCode", "")
        yield Receipt(
            channel=Channel.SMS,
            word=word,
            provider_id=said.get("MessageSid", ""),
            why=code,
            suppress=code in _UNDELIVERABLE,
            address=said.get("To", ""),
        )


def _check(request: HttpRequest, said: QueryDict, token: str) -> None:
    """The signature is over the address as Twilio calls it, which is the public one, and the sorted parameters."""
    signed = settings.BASE_URL.rstrip("/") + request.get_full_path()
    for name in sorted(said):
        signed += "".join(name + value for value in sorted(set(said.getlist(name))))
    expected = b64encode(hmac.new(token.encode(), signed.encode(), "sha1").digest()).decode()
    if not constant_time_compare(request.headers.get("X-Twilio-Signature", ""), expected):
        raise NotSigned
