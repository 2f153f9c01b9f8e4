"""Where people are reached on a channel: a handful of queries, however many people."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from ..database import database_now, id_list, is_one_of, is_one_of_texts, text_list
from ..deciding import policies
from ..events import Channel
from ..models import Delivery, Device, Phone, Suppression, Webhook
from ..prepared import Prepared
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
            return [(one.pk, Address(value=one.email.lower())) for one in _WITH_EMAIL(id_list(user_ids)[1])]
        case Channel.WHATSAPP | Channel.SMS:
            return [(one.pk, Address(value=one.number)) for one in _VERIFIED(id_list(user_ids)[1])]
        case Channel.PUSH:
            devices = _DEVICES(id_list(user_ids)[1])
            return [(one.user_id, Address(value=one.address, kind=one.kind, keys=one.keys)) for one in devices]
    return []


def _barred(known: Mapping[str, Mapping[int, Sequence[Address]]]) -> dict[str, set[str]]:
    """{channel: those of its addresses that are suppressed}, in one query."""
    barred: dict[str, set[str]] = {channel: set() for channel in known}
    values = {one.value for of_user in known.values() for addresses in of_user.values() for one in addresses}
    for one in _SUPPRESSED(text_list(values)) if values else ():
        if one.channel in barred:
            barred[one.channel].add(one.address)
    return barred


def _with_email(people: str) -> QuerySet[Any]:
    return get_user_model().objects.filter(is_one_of("id", people)).exclude(email="")


def _verified(people: str) -> QuerySet[Phone]:
    return Phone.objects.filter(is_one_of("user_id", people), verified_at__isnull=False).exclude(number="")


def _devices(people: str) -> QuerySet[Device]:
    return Device.objects.filter(is_one_of("user_id", people), gone_at=None).order_by("pk")


def _suppressed(addresses: str) -> QuerySet[Suppression]:
    return Suppression.objects.filter(channel__in=policies.OUTWARD).filter(is_one_of_texts("address", addresses))


_WITH_EMAIL, _VERIFIED, _DEVICES = Prepared(_with_email), Prepared(_verified), Prepared(_devices)
_SUPPRESSED = Prepared(_suppressed)
