"""How these tests ask for a code and say it."""

import re
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.cache import cache

from notifications.models import AuditEntry, Phone
from notifications.transports import memory

from ..audit.sealed import unguarded
from .people import post

VERIFY, CONFIRM = (f"/api/notifications/preferences/{act}/" for act in ("verify_phone", "confirm_phone"))
NUMBER, OTHER = "+491701234567", "+33612345678"


def ask(person: User, phone: Any = NUMBER) -> Any:
    return post(person, VERIFY, {"phone": phone})


def confirm(person: User, code: Any, phone: str = NUMBER) -> Any:
    return post(person, CONFIRM, {"phone": phone, "code": code})


def code_sent() -> str:
    found = re.match("[0-9]{6}", memory.outbox[-1].message.message)
    assert found
    return found[0]


def another(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def earlier(**by: int) -> None:
    """As if everything so far had happened that long ago."""
    ago = timedelta(**by)
    cache.clear()  # what the throttle has counted
    with unguarded():
        for entry in AuditEntry.objects.all():
            AuditEntry.objects.filter(pk=entry.pk).update(at=entry.at - ago)
    for phone in Phone.objects.exclude(code_sent_at=None):
        assert phone.code_sent_at
        Phone.objects.filter(pk=phone.pk).update(code_sent_at=phone.code_sent_at - ago)
