"""Where people are reached on a channel: a handful of queries, however many people."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from django.contrib.auth import get_user_model

from ..database import database_now
from ..events import Channel
from ..models import Delivery, Device, Phone, Suppression, Webhook
from ..transports.base import Address


@dataclass(slots=True)
class Reach:
    """One person on one channel. `is_suppressed`: there are addresses, but none that may be written to."""

    addresses: list[Address] = field(default_factory=list)
    is_suppressed: bool = False


def reach_of(deliveries: Sequence[Delivery]) -> dict[int, Reach]:
    """{delivery: where it goes}, as it stands now."""
    found: dict[int, Reach] = {}
    people: dict[str, dict[int, int]] = defaultdict(dict)
    for one in deliveries:
        if one.recipient_id is not None:
            people[one.channel][one.pk] = one.recipient_id
        elif one.channel == Channel.WEBHOOK:
            found[one.pk] = Reach(_of_webhook(one.target.partition(":")[0]))
        else:  # Apprise: the operator's own URLs
            found[one.pk] = Reach([Address(value="")])
    for channel, of_delivery in people.items():
        reaches = reach(list(of_delivery.values()), channel)
        found.update({pk: reaches[user] for pk, user in of_delivery.items()})
    return found


def _of_webhook(webhook_id: str) -> list[Address]:
    open_ = Webhook.objects.filter(pk=webhook_id, disabled_at=None)
    now = database_now()
    return [
        Address(
            value=one.url,
            keys={"secret": one.secret}
            | ({"old_secret": one.old_secret} if one.old_until and one.old_until > now else {}),
        )
        for one in open_
    ]


def reach(user_ids: Sequence[int], channel: str) -> dict[int, Reach]:
    """Everybody's, the unreachable included."""
    found: dict[int, list[Address]] = defaultdict(list)
    for user_id, address in _known(user_ids, channel):
        found[user_id].append(address)
    barred = _barred(channel, {address.value for addresses in found.values() for address in addresses})
    return {user_id: _allowed(found[user_id], barred) for user_id in user_ids}


def _allowed(addresses: list[Address], barred: Collection[str]) -> Reach:
    open_ = [address for address in addresses if address.value not in barred]
    return Reach(open_, is_suppressed=bool(addresses) and not open_)


def _known(user_ids: Sequence[int], channel: str) -> list[tuple[int, Address]]:
    match channel:
        case Channel.EMAIL:
            people = get_user_model().objects.filter(pk__in=user_ids).exclude(email="")
            return [(user, Address(value=email.lower())) for user, email in people.values_list("pk", "email")]
        case Channel.WHATSAPP | Channel.SMS:
            phones = Phone.objects.filter(pk__in=user_ids, verified_at__isnull=False).exclude(number="")
            return [(user, Address(value=number)) for user, number in phones.values_list("pk", "number")]
        case Channel.PUSH:
            devices = Device.objects.filter(user_id__in=user_ids, gone_at=None).order_by("pk")
            return [(one.user_id, Address(value=one.address, kind=one.kind, keys=one.keys)) for one in devices]
    return []


def _barred(channel: str, addresses: Collection[str]) -> set[str]:
    suppressed = Suppression.objects.filter(channel=channel, address__in=addresses)
    return set(suppressed.values_list("address", flat=True)) if addresses else set()
