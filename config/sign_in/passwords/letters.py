"""The letter with the link that sets a new password: by the same way out as every other e-mail, and kept nowhere."""

import logging
import threading
import uuid
from datetime import timedelta
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from notifications import transports
from notifications.events import Channel, Priority
from notifications.models import Suppression
from notifications.transports.base import Address, Message, Transport, TransportError

log = logging.getLogger("tidings.sign_in")
MESSAGE = (
    "Somebody, probably you, has asked for a new password for “{name}”. The link sets it; it works once, and for "
    "{minutes} minutes. If it was not you, nothing needs to be done: your password stays as it is."
)


def can_be_sent() -> bool:
    return Channel.EMAIL in transports.configured()


def send_link(user: User) -> None:
    """Posted in the background: an answer that waited for the mail server would tell who has an account."""
    way = transports.find(Channel.EMAIL)
    to = user.email.lower()
    if way is None or Suppression.objects.filter(channel=Channel.EMAIL, address=to).exists():
        return
    threading.Thread(target=_post, args=(way, _letter(user), to, user.pk), daemon=True, name="password-letter").start()


def _letter(user: User) -> Message:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("password_reset_confirm", args=[uid, default_token_generator.make_token(user)])
    minutes = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT) // timedelta(minutes=1)
    return Message(
        delivery_id=str(uuid.uuid4()),
        kind="password_reset",
        title="Set a new password",
        message=MESSAGE.format(name=user.get_username(), minutes=minutes),
        priority=Priority.HIGH,
        created_at=timezone.now(),
        link=urljoin(settings.BASE_URL, path),  # never the request's Host: whoever asks could choose it
        recipient_name=user.get_full_name(),
    )


def _post(way: Transport, letter: Message, to: str, user_id: int) -> None:
    try:
        way.send(letter, Address(value=to))
    except TransportError as error:
        log.warning("password letter not sent: user=%s %s", user_id, error)
