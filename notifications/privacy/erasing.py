"""Erasing a person: many small transactions, each of which may be done again. Whoever is interrupted begins anew.

First the person is shut out, so that nothing new is written for them; last their inbox goes, which no writer can do
without and nobody makes again for an account that is not active. So what was being written meanwhile is found, too.
"""

from collections import Counter

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q

from .. import audit, locks
from ..audit import Actor
from ..audit.verifying import ERASED
from ..database import database_now
from ..inbox import pruning
from ..live import bell
from ..models import (
    AuditEntry,
    Connection,
    Device,
    IdempotencyKey,
    Inbox,
    Member,
    MetricSnapshot,
    NotificationLog,
    PausedChannel,
    Phone,
    Preference,
    Room,
    Suppression,
    TemplateVersion,
)
from . import texts
from .names import Names, names_of
from .people import Objection, account_of, keepers, tombstone

AT_ONCE = 2_000  # entries of the audit


def erase(user_id: int, *, actor: Actor | None = None, is_trial: bool = False) -> Counter[str]:
    """Remove what is kept about this person, and make anonymous what others need; {what: how many}.

    A trial does it all and takes it back. Raises Unknown, and Objection before anything is written.
    """
    if is_trial:
        with transaction.atomic():
            done = erase(user_id, actor=actor)
            transaction.set_rollback(True)
            return done
    names = names_of(account_of(user_id))
    for keeper in keepers():
        if why := keeper.objection(user_id):
            raise Objection(why)
    _shut_out(user_id, actor)
    done = _told(user_id, names, actor)
    done += _belongings(user_id, names)
    for keeper in keepers():
        with transaction.atomic():
            done += Counter(keeper.erase(user_id))
    while not _close(user_id):
        done += _told(user_id, names, actor)
    done["audit entries"] += _audit(user_id)
    return done


@transaction.atomic
def _shut_out(user_id: int, actor: Actor | None) -> None:
    """No new event finds them, no request and no socket of theirs goes on."""
    person = account_of(user_id)
    person.is_active = person.is_staff = person.is_superuser = False
    person.set_unusable_password()
    person.save()
    audit.record(ERASED, "user", user_id, actor=actor, target_user_id=user_id)
    transaction.on_commit(lambda: bell.ring_sign_out(user_id), robust=True)


def _told(user_id: int, names: Names, actor: Actor | None) -> Counter[str]:
    """What they were told and what they sent; the ledger counts their rows as pruned."""
    done = texts.erase(user_id, names, actor=actor)
    theirs = NotificationLog.objects.filter(recipient_id=user_id)
    by = pruning.By("notification.erased", actor)
    while ids := list(theirs.order_by("pk").values_list("pk", flat=True)[: pruning.BATCH]):
        done["notifications"] += pruning.remove([(pk, user_id) for pk in ids], theirs, by)
    return done


@transaction.atomic
def _belongings(user_id: int, names: Names) -> Counter[str]:
    """What they are, have and want. Writers of these hold the inbox, too."""
    if Inbox.objects.filter(pk=user_id).exists():
        locks.lock_inbox(user_id)
    addresses = [name.lower() for name in names if not _is_anothers(name, user_id)]
    gone = {
        "suppressed addresses": Suppression.objects.filter(address__in=addresses),
        "devices": Device.objects.filter(user_id=user_id),
        "phones": Phone.objects.filter(pk=user_id),
        "preferences": Preference.objects.filter(pk=user_id),
        "memberships": Member.objects.filter(user_id=user_id),
        "connections": Connection.objects.filter(user_id=user_id),
        "idempotency keys": IdempotencyKey.objects.filter(sender=user_id),
        "metrics": MetricSnapshot.objects.filter(subject_kind__in=["user", "person"], subject_id=str(user_id)),
    }
    Room.objects.filter(created_by_id=user_id).update(created_by=None)
    TemplateVersion.objects.filter(author_id=user_id).update(author=None)
    PausedChannel.objects.filter(by_name__in=list(names)).update(by_name="")
    return Counter({what: rows.delete()[0] for what, rows in gone.items()})


def _is_anothers(address: str, user_id: int) -> bool:
    mails = get_user_model()._default_manager.filter(email__iexact=address)
    phones = Phone.objects.filter(number=address)
    return mails.exclude(pk=user_id).exists() or phones.exclude(pk=user_id).exists()


@locks.transacting
def _close(user_id: int) -> bool:
    """The inbox goes, and the account is nobody's; False, and nothing has, where a row came in meanwhile."""
    if Inbox.objects.filter(pk=user_id).exists():
        locks.lock_inbox(user_id)
    if NotificationLog.objects.filter(recipient_id=user_id).exists():
        return False
    Inbox.objects.filter(pk=user_id).delete()
    person = account_of(user_id)
    person.username, person.first_name, person.last_name, person.email = tombstone(user_id), "", "", ""
    person.last_login, person.date_joined = None, database_now()
    person.save()
    person.groups.clear()
    person.user_permissions.clear()
    return True


def _audit(user_id: int) -> int:
    """Names and metadata of the entries about them and by them. That they were erased, and by whom, stays."""
    theirs = AuditEntry.objects.filter(Q(actor_id=user_id) | Q(target_user_id=user_id))
    theirs = theirs.exclude(action=ERASED, target_user_id=user_id).exclude(actor_name="", metadata={})
    erased = 0
    while ids := list(theirs.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        erased += AuditEntry.objects.filter(pk__in=ids).update(actor_name="", metadata={}, salt=None)
    return erased
