"""Firebase Cloud Messaging, HTTP v1: Android, iOS (by APNs) and Firebase's own web clients."""

import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from google.auth import crypt, jwt

from ..base import Accepted, Address, Malformed, Message, ProviderUrl, TransportError
from ..http.client import Answer, post

GOOGLE = "https://fcm.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"  # RFC 7523
WAIT_S, TOKEN_WITHIN_S, SEND_WITHIN_S = 12.0, 12.0, 30.0  # less than 60 s together
ASSERTION_S = 3600
EARLY_S = 300  # a token is renewed so long before its end
LONGEST_WORDS = 2_000  # characters; FCM takes 4,096 bytes in all
_URGENT = {"high", "urgent", "critical"}


def from_url(parsed: ProviderUrl, *, form: str) -> "Fcm":
    """Reads the service account's file now, so that a wrong one is told at start."""
    if not parsed.host or not parsed.query.get("credentials"):
        raise Malformed(f"write it as {form}")
    try:
        account = json.loads(Path(parsed.query["credentials"]).read_text())
        signer = crypt.RSASigner.from_service_account_info(account)
        tokens = Tokens(email=account["client_email"], token_uri=account["token_uri"], signer=signer)
    except OSError as error:
        raise Malformed(f"its credentials file cannot be read: {error.strerror}") from None
    except Exception:  # JSON's, google-auth's and cryptography's own; their texts may quote the key
        raise Malformed("its credentials file is not a service account's key in JSON") from None
    return Fcm(project=parsed.host, base=parsed.base(GOOGLE), tokens=tokens)


@dataclass(slots=True, kw_only=True)
class Tokens:
    """An access token, kept until shortly before its end. Google's own client would retry and sleep here."""

    email: str
    token_uri: str
    signer: Any = field(repr=False)
    _token: str = field(default="", repr=False)
    _ends: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def get(self) -> str:
        if not self._lock.acquire(timeout=WAIT_S):  # one thread asks, the others wait for its answer
            raise TransportError("no access token: another attempt is still asking for it")
        try:
            if time.time() >= self._ends - EARLY_S:
                self._renew()
            return self._token
        finally:
            self._lock.release()

    def drop(self, token: str) -> None:
        """It was refused."""
        with self._lock:
            if token == self._token:
                self._ends = 0.0

    def _renew(self) -> None:
        now = int(time.time())
        claims = {"iss": self.email, "scope": SCOPE, "aud": self.token_uri, "iat": now, "exp": now + ASSERTION_S}
        assertion = jwt.encode(self.signer, claims)
        answer = self._asked(urlencode({"grant_type": GRANT, "assertion": assertion}).encode())
        said = answer.json()
        if not answer.is_accepted or not isinstance(said.get("access_token"), str):
            raise answer.refusal(f"no access token: {said.get('error', '')}")
        self._token, self._ends = said["access_token"], now + float(said.get("expires_in") or ASSERTION_S)

    def _asked(self, content: bytes) -> Answer:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            return post(self.token_uri, content=content, headers=form, is_ours=True, total_s=TOKEN_WITHIN_S)
        except TransportError as error:  # however it broke, the message itself was not handed over
            raise TransportError(f"no access token: {error}", permanent=error.permanent) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fcm:
    """`address.value`: the app's registration token."""

    project: str
    base: str
    tokens: Tokens

    def send(self, message: Message, address: Address) -> Accepted:
        token = self.tokens.get()
        answer = post(
            f"{self.base}/v1/projects/{quote(self.project, safe='')}/messages:send",
            content=json.dumps({"message": _body(message, address)}).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            is_ours=True,
            total_s=SEND_WITHIN_S,
        )
        if answer.is_accepted:
            return Accepted(provider_id=str(answer.json().get("name") or "")[:255], answer=f"HTTP {answer.status}")
        if answer.status == 401:
            self.tokens.drop(token)
        raise _refusal(answer, hidden=(address.value, token))


def _body(message: Message, address: Address) -> dict[str, Any]:
    shown = {"title": message.title, "body": message.message[:LONGEST_WORDS]}
    known = {**message.payload, "delivery_id": message.delivery_id, "link": message.link, "priority": message.priority}
    is_urgent = message.priority in _URGENT
    return {
        "token": address.value,
        "notification": {**shown, "image": message.image} if message.image else shown,
        "data": {key: _as_text(value) for key, value in known.items() if value is not None},
        # the tag and the collapse id let a second one replace the first
        "android": {"priority": "HIGH" if is_urgent else "NORMAL", "notification": {"tag": message.delivery_id}},
        "apns": {
            "headers": {"apns-priority": "10" if is_urgent else "5", "apns-collapse-id": message.delivery_id[:64]},
            "payload": {"aps": {"sound": "default"} if is_urgent else {}},
        },
    }


def _as_text(value: Any) -> str:
    """FCM's data are strings only."""
    return value if isinstance(value, str) else json.dumps(value)


def _refusal(answer: Answer, *, hidden: tuple[str, ...]) -> TransportError:
    """firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode"""
    error = answer.json().get("error")
    error = error if isinstance(error, dict) else {}
    details = [one for one in error.get("details") or [] if isinstance(one, dict)]
    code = next((str(one["errorCode"]) for one in details if "errorCode" in one), str(error.get("status", "")))
    words = f"({code}) {error.get('message', '')}"
    is_no_token = code == "INVALID_ARGUMENT" and "registration token" in words
    if answer.status == 404 or code == "UNREGISTERED" or is_no_token:
        return answer.refusal(words, hidden=hidden, permanent=True, gone=True)
    return answer.refusal(words, hidden=hidden)
