"""A person's number is theirs once they have typed the code that was sent to it.

Codes are kept as a keyed hash. How often one was sent is counted in the audit, which names a number by a keyed hash
too: so the bound holds over all processes and for everybody who asks for the same number.
"""

import secrets
import uuid
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.crypto import constant_time_compare, salted_hmac

from .. import audit, transports
from ..audit import Actor
from ..database import database_now, hold
from ..events import Channel, Priority
from ..locks import transacting
from ..models import AuditEntry, PausedChannel, Phone, Suppression
from ..transports.base import Address, Message, Transport, TransportError

VALID_FOR = timedelta(minutes=10)
MAX_TRIES = 5  # of one code
PAUSE = timedelta(minutes=1)  # between two codes, per person and per number
WINDOW, MOST_IN_WINDOW = timedelta(hours=1), 5
WAYS = (Channel.SMS, Channel.WHATSAPP)  # the first that can be used
SENT = "phone.code_sent"


class NoWay(Exception):
    """No code can be sent to any number just now: `code` is not_configured or channel_paused."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class TooSoon(Exception):
    """Enough codes went to this person or this number; nothing was sent."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"wait {wait_s:.0f} s")
        self.wait_s = wait_s


class NotSent(Exception):
    """The provider did not take the message. `permanent`: it never will, for this number."""

    def __init__(self, *, permanent: bool) -> None:
        super().__init__("permanent" if permanent else "for now")
        self.permanent = permanent


class NoCode(Exception):
    """No code waits for this number: none was asked for, it has expired, or all tries are used."""


class WrongCode(Exception):
    def __init__(self, tries_left: int) -> None:
        super().__init__(f"{tries_left} tries left")
        self.tries_left = tries_left


def ask_for_code(person: Actor, number: str) -> tuple[str, datetime]:
    """Send a code to this E.164 number; by which channel, and until when it holds. Not inside a transaction.

    Raises NoWay, TooSoon and NotSent. An earlier code holds no longer. What the provider refuses counts as sent all the
    same, or a number that it never takes could be tried without end.
    """
    channel, transport = _way()
    code = f"{secrets.randbelow(10**6):06}"
    expires_at = _remember(person, number, code, channel)
    try:
        if Suppression.objects.filter(channel=channel, address=number).exists():
            raise TransportError("suppressed", permanent=True)
        transport.send(_message(code), Address(value=number))
    except TransportError as error:
        if not error.unknown:  # else it may well be on its way
            _forget(person[0], number, code)
            raise NotSent(permanent=error.permanent or error.gone or error.suppress) from error
    return channel, expires_at


def _way() -> tuple[str, Transport]:
    paused = set(PausedChannel.objects.values_list("channel", flat=True))
    found = [(channel.value, transport) for channel in WAYS if (transport := transports.find(channel))]
    if not found:
        raise NoWay("not_configured")
    for channel, transport in found:
        if channel not in paused:
            return channel, transport
    raise NoWay("channel_paused")


def _message(code: str) -> Message:
    minutes = VALID_FOR // timedelta(minutes=1)
    return Message(
        delivery_id=str(uuid.uuid4()),
        kind="phone_code",
        title="",
        message=f"{code} is your Tidings code. It is good for {minutes} minutes; nobody will ask you for it.",
        priority=Priority.HIGH,
        created_at=database_now(),
    )


@transacting
def _remember(person: Actor, number: str, code: str, channel: str) -> datetime:
    user_id = person[0]
    phone = Phone.objects.select_for_update().get_or_create(pk=user_id)[0]  # two at once: the second is too soon
    hold(f"phone {number}")
    now = database_now()
    sent = AuditEntry.objects.filter(action=SENT, at__gt=now - WINDOW)
    of_number = sent.filter(entity_type="phone", entity_id=_name_of(number))
    if (wait := max(_wait(sent.filter(target_user_id=user_id), now), _wait(of_number, now))) > timedelta(0):
        raise TooSoon(wait.total_seconds())
    phone.asked_number, phone.code_hash = number, _hash(user_id, number, code)
    phone.code_sent_at, phone.tries_left = now, MAX_TRIES
    phone.save()
    audit.record(SENT, "phone", _name_of(number), actor=person, target_user_id=user_id, at=now, channel=channel)
    return now + VALID_FOR


def _wait(sent: QuerySet[AuditEntry], now: datetime) -> timedelta:
    """Until the next may go, judged by the latest few; not positive: at once."""
    latest = list(sent.order_by("-at").values_list("at", flat=True)[:MOST_IN_WINDOW])
    free_at = [at + PAUSE for at in latest[:1]] + [at + WINDOW for at in latest[MOST_IN_WINDOW - 1 :]]
    return max((at - now for at in free_at), default=timedelta(0))


def _forget(user_id: int, number: str, code: str) -> None:
    """Unless another one has been asked for meanwhile."""
    Phone.objects.filter(pk=user_id, code_hash=_hash(user_id, number, code)).update(code_hash="", tries_left=0)


def confirm_code(person: Actor, number: str, code: str) -> Phone:
    """The phone, now verified. Raises NoCode, and WrongCode, which uses up a try."""
    phone = _try(person, number, code)
    if phone.code_hash:
        raise WrongCode(phone.tries_left)
    return phone


@transacting
def _try(person: Actor, number: str, code: str) -> Phone:
    """With its hash still there: it was wrong. Not raised in here, or the try would not be counted."""
    user_id = person[0]
    phone = Phone.objects.select_for_update().filter(pk=user_id).first()
    now = database_now()
    if phone is None or not _waits_for_code(phone, number, now):
        raise NoCode
    if constant_time_compare(phone.code_hash, _hash(user_id, number, code)):
        phone.number, phone.verified_at, phone.code_hash, phone.tries_left = number, now, "", 0
        audit.record("phone.verified", "phone", _name_of(number), actor=person, target_user_id=user_id, at=now)
    else:
        phone.tries_left -= 1
    phone.save()
    return phone


def _waits_for_code(phone: Phone, number: str, now: datetime) -> bool:
    if not phone.code_hash or phone.tries_left < 1 or phone.asked_number != number:
        return False
    return phone.code_sent_at is not None and now < phone.code_sent_at + VALID_FOR


def _hash(user_id: int, number: str, code: str) -> str:
    """Keyed: a million codes are soon tried on a stolen table, but not without `SECRET_KEY`."""
    return salted_hmac("tidings.phone.code", f"{user_id} {number} {code}", algorithm="sha256").hexdigest()


def _name_of(number: str) -> str:
    """The same for the same number, and no way back to it."""
    return salted_hmac("tidings.phone.number", number, algorithm="sha256").hexdigest()
