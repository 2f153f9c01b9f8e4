"""What a provider says later about a message that it took.

Providers repeat themselves for days, out of order, and anybody who has seen a signed request can send it again. So a
receipt only moves forward: what says no more than is known already changes nothing, however often and late it comes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model

from .. import audit
from ..database import database_now
from ..delivery import fallback
from ..events import Channel
from ..locks import lock_inbox, transacting
from ..models import Delivery, Phone, Suppression

SENT, FAILED, DELIVERED, READ, COMPLAINED = "sent", "failed", "delivered", "read", "complained"
# what has arrived did not fail, whatever is said later; a complaint is made by who has it
RANK: Mapping[str, int] = {"": 0, SENT: 1, FAILED: 2, DELIVERED: 3, READ: 4, COMPLAINED: 5}
LONGEST_WHY = 500


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """`word` is one of RANK. `suppress`: nothing more is to be sent there; `address` is what the provider calls it."""

    channel: str
    word: str
    at: datetime | None = None  # None: the provider does not say
    provider_id: str = ""  # one of the two names the delivery
    delivery_id: int | None = None
    why: str = ""
    suppress: bool = False
    address: str = ""


def record(receipt: Receipt) -> bool:
    """Whether it changed anything. Nothing is known of a message that is not ours: that changes nothing either."""
    found = Delivery.objects.filter(channel=receipt.channel)
    if receipt.delivery_id is not None:
        found = found.filter(pk=receipt.delivery_id)
    else:
        found = found.filter(provider_id=receipt.provider_id).exclude(provider_id="")
    delivery = found.only("pk", "recipient_id").first()
    return delivery is not None and _advance(delivery.pk, delivery.recipient_id, receipt)


@transacting
def _advance(delivery_id: int, recipient_id: int | None, receipt: Receipt) -> bool:
    if recipient_id is not None:
        lock_inbox(recipient_id)  # as every writer of deliveries does
    delivery = Delivery.objects.select_for_update().filter(pk=delivery_id).first()
    if delivery is None or RANK[receipt.word] <= RANK.get(delivery.receipt, 0):
        return False
    now = database_now()
    delivery.receipt, delivery.receipt_at = receipt.word, min(receipt.at or now, now)
    if receipt.why:
        delivery.last_error = receipt.why[:LONGEST_WHY]
    delivery.save(update_fields=["receipt", "receipt_at", "last_error"])
    audit.record(
        "delivery.receipt",
        "delivery",
        delivery.pk,
        target_user_id=delivery.recipient_id,
        at=now,
        channel=delivery.channel,
        receipt=receipt.word,
        why=receipt.why[:LONGEST_WHY],
    )
    if receipt.suppress:
        _suppress(delivery, receipt, now)
    if receipt.word == FAILED and delivery.state == Delivery.State.SENT and delivery.notification_id:
        fallback.hasten(delivery, now=now)
    return True


def _suppress(delivery: Delivery, receipt: Receipt, now: datetime) -> None:
    if address := _sent_to(delivery) or receipt.address:
        why = {"why": receipt.why[:LONGEST_WHY], "since": now}
        made, is_new = Suppression.objects.get_or_create(channel=delivery.channel, address=address, defaults=why)
        if is_new:
            audit.record("suppression.added", "suppression", made.pk, at=now, channel=delivery.channel)


def _sent_to(delivery: Delivery) -> str:
    """Ours, because providers may spell a number otherwise; nothing when it has changed since."""
    if delivery.channel == Channel.EMAIL:
        people = get_user_model().objects.filter(pk__in=[delivery.recipient_id])
        return str(people.values_list("email", flat=True).first() or "").lower()
    phones = Phone.objects.filter(pk=delivery.recipient_id, verified_at__lte=delivery.created_at)
    return phones.values_list("number", flat=True).first() or ""
