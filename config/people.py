"""What signing in leaves behind of a person. Named in NOTIFICATION_KEEPERS."""

from collections.abc import Mapping
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.utils import timezone

from config.sign_in import tokens
from config.sign_in.models import ServiceAccount, SocketTicket
from notifications.privacy.names import ERASED


def objection(user_id: int) -> str:
    """The user of a service account is no person."""
    account = ServiceAccount.objects.filter(user_id=user_id).first()
    return f"This is the service account {account}: switch it off in the admin." if account else ""


def export(user_id: int) -> Mapping[str, Any]:
    """Where they are signed in by a browser, until when; and what they did in the admin."""
    acts = LogEntry.objects.filter(user_id=user_id).order_by("action_time")
    return {
        "sessions_until": [session.expire_date for session in _sessions(user_id)],
        "admin_acts": list(acts.values("action_time", "object_repr", "change_message")),
    }


def erase(user_id: int) -> Mapping[str, int]:
    """Sessions, tickets and tokens end; the admin's log forgets the name."""
    tokens.revoke(user_id)
    sessions = Session.objects.filter(pk__in=[session.pk for session in _sessions(user_id)])
    about = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(user_id))
    return {
        "sessions": sessions.delete()[0],
        "tickets for sockets": SocketTicket.objects.filter(user_id=user_id).delete()[0],
        "lines of the admin's log": about.exclude(object_repr=ERASED).update(object_repr=ERASED, change_message=""),
    }


def _sessions(user_id: int) -> list[Session]:
    """Every open session is looked into: its owner stands inside."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).iterator()
    return [session for session in alive if session.get_decoded().get("_auth_user_id") == str(user_id)]
