"""The ways out. `find` gives a channel's transport, made from its URL in the settings; a provider is a line here."""

from functools import lru_cache
from importlib import import_module

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ..events import Channel
from .base import Malformed, Transport
from .memory import Memory

# Which module speaks to the provider of this scheme; each has `from_url(url) -> Transport`.
_PROVIDERS: dict[str, dict[str, str]] = {
    Channel.EMAIL: {"smtp": "email", "smtp+tls": "email", "smtps": "email", "file": "email"},
    Channel.WHATSAPP: {"whatsapp": "whatsapp"},
    Channel.SMS: {"twilio": "sms"},
    Channel.PUSH: {"webpush": "push", "fcm": "push"},
    Channel.WEBHOOK: {"webhook": "webhook"},
}
# The operator's variable behind each channel: errors name it.
VARIABLES: dict[str, str] = {
    Channel.EMAIL: "EMAIL_URL",
    Channel.WHATSAPP: "WHATSAPP_URL",
    Channel.SMS: "SMS_URL",
    Channel.PUSH: "FCM_URL",
    Channel.APPRISE: "APPRISE_URLS",
}


def find(channel: str) -> Transport | None:
    """The channel's way out; None: it is not configured. Raises ImproperlyConfigured, which names the variable."""
    url: str = settings.CHANNEL_URLS.get(channel, "")
    if not url:
        return None
    try:
        return _made(channel, url)
    except Malformed as error:
        raise ImproperlyConfigured(f"{VARIABLES.get(channel, channel)} cannot be used: {error}") from None


def configured() -> list[str]:
    """The channels that have a URL, well-formed or not."""
    return [channel for channel, url in settings.CHANNEL_URLS.items() if url]


@lru_cache(maxsize=64)
def _made(channel: str, url: str) -> Transport:
    """Modules are loaded when they are needed: some bring a second's worth of imports."""
    scheme = url.partition("://")[0].lower()
    if scheme == "memory":
        return Memory(channel)
    if channel == Channel.APPRISE:  # has schemes of its own, and many URLs
        module = "apprise"
    else:
        known = _PROVIDERS.get(channel, {})
        if scheme not in known:
            raise Malformed(f"it has to start with {' or '.join(f'{one}://' for one in known) or 'memory://'}")
        module = known[scheme]
    transport: Transport = import_module(f".{module}", __name__).from_url(url)
    return transport
