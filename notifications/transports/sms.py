"""SMS by Twilio's Messages API."""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import quote, urlencode

from django.conf import settings

from .base import Accepted, Address, Malformed, Message, ProviderUrl, TransportError
from .http.client import Answer, post

FORM = "twilio://<account-sid>:<auth-token>@<from-number>"
TWILIO = "https://api.twilio.com"
CALLBACK = "/callbacks/sms/"
MOST_SEGMENTS = 10  # each is paid for
_SEPTETS, _UCS2_UNITS = 153, 67  # in each part of a long message: 3GPP TS 23.040
_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_ESCAPED = set("^{}\\[~]|€")  # two septets each
# twilio.com/docs/api/errors
_NO_SUCH_NUMBER, _UNSUBSCRIBED = {21211, 21614}, {21610}
_PASSING = {20429, 21611}


def from_url(url: str) -> "Twilio":
    parsed = ProviderUrl.parse(url, form=FORM)
    if not parsed.user or not parsed.password or not parsed.host:
        raise Malformed(f"write it as {FORM}")
    return Twilio(
        account_sid=parsed.user, auth_token=parsed.password, from_number=parsed.host, base=parsed.base(TWILIO)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Twilio:
    """`auth_token` also verifies the callbacks. `from_number`: a number, a name, or a messaging service (MG…)."""

    account_sid: str
    auth_token: str = field(repr=False)
    from_number: str
    base: str
    is_idempotent: ClassVar[bool] = False

    def send(self, message: Message, address: Address) -> Accepted:
        credentials = b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        answer = post(
            f"{self.base}/2010-04-01/Accounts/{quote(self.account_sid)}/Messages.json",
            content=urlencode(self._form(message, address)).encode(),
            headers={"Authorization": f"Basic {credentials}", "Content-Type": "application/x-www-form-urlencoded"},
            is_ours=True,
        )
        if not answer.is_accepted:
            raise _refusal(answer, hidden=(address.value, self.account_sid, self.auth_token))
        return Accepted(provider_id=str(answer.json().get("sid") or ""), answer=f"HTTP {answer.status}")

    def _form(self, message: Message, address: Address) -> dict[str, str]:
        sender = "MessagingServiceSid" if self.from_number.startswith("MG") else "From"
        form = {"To": address.value, sender: self.from_number, "Body": text(message)}
        if settings.BASE_URL.startswith("https://"):  # nobody could call us back otherwise
            form["StatusCallback"] = settings.BASE_URL.rstrip("/") + CALLBACK
        return form


def text(message: Message) -> str:
    """Title, words and link, in at most ten segments; the words are cut, not the link."""
    tail = f"\n{message.link}" if message.link else ""
    head = message.title if message.title == message.message else f"{message.title}\n{message.message}".strip()
    if _fits(head + tail):
        return head + tail
    low, high = 0, len(head)
    while low < high:  # the longest beginning that fits
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _fits(head[:middle] + "..." + tail) else (low, middle - 1)
    return head[:low].rstrip() + "..." + tail


def _fits(words: str) -> bool:
    if set(words) <= _GSM | _GSM_ESCAPED:
        return len(words) + sum(letter in _GSM_ESCAPED for letter in words) <= MOST_SEGMENTS * _SEPTETS
    return len(words.encode("utf-16-be")) // 2 <= MOST_SEGMENTS * _UCS2_UNITS


def _refusal(answer: Answer, *, hidden: tuple[str, ...]) -> TransportError:
    """Twilio's own code says more than the status."""
    said = answer.json()
    code = said.get("code")
    if not isinstance(code, int):
        return answer.refusal()
    words = f"({code}) {said.get('message', '')}"
    if code in _NO_SUCH_NUMBER | _UNSUBSCRIBED:
        return answer.refusal(words, hidden=hidden, permanent=True, suppress=True)
    if code in _PASSING:
        return answer.refusal(words, hidden=hidden, permanent=False, retry_after_s=answer.retry_after_s())
    return answer.refusal(words, hidden=hidden)
