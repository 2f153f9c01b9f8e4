"""A person's browsers and apps. An address is one device, whoever is signed in there; the last one to say so has it."""

from collections.abc import Mapping
from datetime import datetime

from .. import audit, transports
from ..audit import Actor
from ..database import database_now
from ..events import Channel
from ..locks import lock_inbox, transacting
from ..models import Device

MOST_DEVICES = 20  # live ones of one person; the oldest goes


@transacting
def add_device(person: Actor, *, kind: str, address: str, keys: Mapping[str, str]) -> tuple[Device, bool]:
    """The device, and whether it is new to this person. One that was gone lives again; another person's moves here."""
    user_id = person[0]
    lock_inbox(user_id)  # two at once: the second sees the first, and the bound holds
    now = database_now()
    fresh = {"user_id": user_id, "kind": kind, "keys": dict(keys), "created_at": now}
    device, is_new = Device.objects.select_for_update().get_or_create(address=address, defaults=fresh)
    if device.user_id != user_id:
        _record("device.removed", device, person, now, why="moved")
        device.user_id, is_new = user_id, True
    if is_new or device.gone_at:
        device.created_at, device.gone_at = now, None
        _record("device.added", device, person, now, why="asked")
    device.kind, device.keys = kind, dict(keys)
    device.save()
    _drop_oldest(person, device, now)
    return device, is_new


def _drop_oldest(person: Actor, newest: Device, now: datetime) -> None:
    live = Device.objects.filter(user_id=person[0], gone_at=None).exclude(pk=newest.pk)
    for device in live.order_by("-created_at", "-pk")[MOST_DEVICES - 1 :]:
        _record("device.removed", device, person, now, why="too_many")
        device.delete()


@transacting
def remove_device(person: Actor, device_id: int) -> None:
    """Nothing is pushed there any more. What is not theirs, or no longer there, is left alone."""
    device = Device.objects.select_for_update().filter(pk=device_id, user_id=person[0]).first()
    if device:
        _record("device.removed", device, person, database_now(), why="asked")
        device.delete()


def vapid_public_key() -> str | None:
    """What a browser subscribes with; None: push is not set up."""
    if Channel.PUSH not in transports.configured():
        return None
    from ..transports.push.webpush import public_key  # loaded when it is used, as every transport

    return public_key()


def _record(action: str, device: Device, actor: Actor, now: datetime, *, why: str) -> None:
    audit.record(
        action, "device", device.pk, actor=actor, target_user_id=device.user_id, at=now, kind=device.kind, why=why
    )
