"""What is refused at start. The ids are stable: operators silence or look up by them."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from . import bus, transports
from .events import Channel
from .transports.base import Malformed
from .words import catalogue


def check_channels(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """E001: a channel's URL or file cannot be used."""
    return [
        Error(problem, id="notifications.E001")
        for channel in transports.configured()
        if (problem := _problem(channel)) is not None
    ]


def _problem(channel: str) -> str | None:
    try:
        transports.find(channel)
    except ImproperlyConfigured as error:
        return str(error)
    return None


def check_sender(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """E002: EMAIL_FROM is no address."""
    from .transports.email import sender

    try:
        sender()
    except Malformed as error:
        return [Error(f"EMAIL_FROM cannot be used: {error}", id="notifications.E002")]
    return []


def check_vapid_key(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """E003: VAPID_PRIVATE_KEY is no key."""
    if not settings.CHANNEL_URLS.get(Channel.PUSH):
        return []
    from .transports.push.webpush import vapid

    try:
        vapid(settings.VAPID_PRIVATE_KEY)
    except Malformed as error:
        return [Error(f"VAPID_PRIVATE_KEY cannot be used: {error}", id="notifications.E003")]
    return []


def check_catalogue(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """E004: a kinds file has mistakes; each with file, line, kind and field."""
    return [Error(str(mistake), id="notifications.E004") for mistake in catalogue.mistakes()]


def check_subscribers(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """E005: somebody subscribes to a kind that there is not."""
    if any(catalogue.mistakes()):
        return []
    unknown = sorted(bus.subscribed_kinds() - catalogue.kinds().keys())
    return [Error(f"A subscriber wants the kind {kind!r}; there is none.", id="notifications.E005") for kind in unknown]
