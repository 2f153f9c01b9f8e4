"""Where people are reached on a channel: a handful of queries, however many people."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.contrib.auth import get_user_model

from ..database import database_now, is_one_of
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
    reaches = _reaches({channel: set(of_delivery.values()) for channel, of_delivery in people.items()})
    for channel, of_delivery in people.items():
        found.update({pk: reaches[channel][user] for pk, user in of_delivery.items()})
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


def reach(user_ids: Collection[int], channel: str) -> dict[int, Reach]:
    """Everybody's, the unreachable included."""
    return _reaches({channel: user_ids})[channel]


def _reaches(people: Mapping[str, Collection[int]]) -> dict[str, dict[int, Reach]]:
    known: dict[str, dict[int, list[Address]]] = {}
    for channel, user_ids in people.items():
        known[channel] = {user_id: [] for user_id in user_ids}
        for user_id, address in _known(user_ids, channel):
            known[channel][user_id].append(address)
    barred = _barred(known)
    return {
        channel: {user_id: _allowed(addresses, barred[channel]) for user_id, addresses in of_user.items()}
        for channel, of_user in known.items()
    }


def _allowed(addresses: list[Address], barred: Collection[str]) -> Reach:
    open_ = [address for address in addresses if address.value not in barred]
    return Reach(open_, is_suppressed=bool(addresses) and not open_)


def _known(user_ids: Collection[int], channel: str) -> list[tuple[int, Address]]:
    match channel:
        case Channel.EMAIL:
            people = get_user_model().objects.filter(is_one_of("id", user_ids)).exclude(email="")
            return [(user, Address(value=email.lower())) for user, email in people.values_list("pk", "email")]
        case Channel.WHATSAPP | Channel.SMS:
            phones = Phone.objects.filter(is_one_of("user_id", user_ids), verified_at__isnull=False).exclude(number="")
            return [(user, Address(value=number)) for user, number in phones.values_list("pk", "number")]
        case Channel.PUSH:
            devices = Device.objects.filter(is_one_of("user_id", user_ids), gone_at=None).order_by("pk")
            return [(one.user_id, Address(value=one.address, kind=one.kind, keys=one.keys)) for one in devices]
    return []


def _barred(known: Mapping[str, Mapping[int, Sequence[Address]]]) -> dict[str, set[str]]:
    """{channel: those of its addresses that are suppressed}, in one query."""
    barred: dict[str, set[str]] = {channel: set() for channel in known}
    values = {one.value for of_user in known.values() for addresses in of_user.values() for one in addresses}
    if values:
        suppressed = Suppression.objects.filter(channel__in=list(known), address__in=values)
        for channel, address in suppressed.values_list("channel", "address"):
            barred[channel].add(address)
    return barred
