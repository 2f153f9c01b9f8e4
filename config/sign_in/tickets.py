"""Tickets: a secret that opens one socket or stream once, within half a minute, so that no token stands in a URL."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from notifications.sockets.sign_in import Identity, Refused

from .models import SocketTicket

LIFETIME = timedelta(seconds=30)
RANDOM_BYTES = 32
SWEPT_AT_ONCE = 20  # more than one per mint, so the table shrinks; few, so that nobody waits


@transaction.atomic
def mint(user: User, *, grant: str, grant_expires_at: datetime | None) -> tuple[str, datetime]:
    """A ticket and when it lapses. The connection it opens ends with `grant`, and not after `grant_expires_at`."""
    now = timezone.now()
    ticket = secrets.token_urlsafe(RANDOM_BYTES)
    SocketTicket.objects.create(
        digest=_digest(ticket),
        user=user,
        grant=grant,
        grant_expires_at=grant_expires_at,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    _sweep(now)
    return ticket, now + LIFETIME


def redeem(ticket: str) -> Identity:
    """Use the ticket up. Raises Refused. Whether its grant still holds is the caller's to ask."""
    now = timezone.now()
    good = SocketTicket.objects.filter(digest=_digest(ticket), used_at=None, expires_at__gt=now)
    if not good.update(used_at=now):  # one statement: of two who come at once, one finds it used
        raise Refused("ticket_invalid", "The ticket is unknown, used or expired.")
    row = SocketTicket.objects.select_related("user").get(digest=_digest(ticket))
    if not row.user.is_active:
        raise Refused("inactive", "The account is not active.")
    return Identity(row.user_id, row.user.username, row.user.is_staff, row.grant_expires_at, row.grant)


def looks_like_one(text: str) -> bool:
    """A ticket has no dots, a JWT has two (RFC 7519 §3.1)."""
    return "." not in text


def _digest(ticket: str) -> str:
    return sha256(ticket.encode(errors="surrogatepass")).hexdigest()  # a JSON frame may hold lone surrogates


def _sweep(now: datetime) -> None:
    lapsed = SocketTicket.objects.filter(expires_at__lte=now).order_by("expires_at")
    # skip_locked: two who mint at once would delete the same rows, each holding what the other waits for
    digests = lapsed.select_for_update(skip_locked=True).values_list("digest", flat=True)[:SWEPT_AT_ONCE]
    SocketTicket.objects.filter(digest__in=list(digests)).delete()
