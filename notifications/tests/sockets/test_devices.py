"""Several devices of a person: each gets everything, and what one of them does the others see."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications import inbox
from notifications.events import Audience
from notifications.inbox import snoozing
from notifications.live.bell import Bell
from notifications.live.rings import LARGEST_BODY
from notifications.live.threads import in_thread
from notifications.models import NotificationLog
from notifications.sockets.process import LiveProcess
from notifications.wire import notification

from .. import crowd
from ..lost import send_silently, silently
from .device import Device

pytestmark = pytest.mark.django_db(transaction=True)


async def pair(user: User, **how: Any) -> tuple[Device, Device]:
    """Two devices that have caught up."""
    one, two = await Device.of(user, **how), await Device.of(user, **how)
    await one.data("caught_up")
    await two.data("caught_up")
    return one, two


async def send(*people: User, **fields: Any) -> None:
    await in_thread(crowd.send, *people, **fields)


async def ids_of(user: User) -> list[int]:
    return [row.pk for row in await in_thread(crowd.rows_of, user)]


async def test_a_frame_is_the_object_that_rest_shows(process: LiveProcess, engineer: User, outsider: User) -> None:
    device, _ = await pair(engineer)
    await send(
        engineer, message="Grüße “Ω”", data={"deep": {"n": [1, None]}}, tags=["a"], actor_id=outsider.pk, link="/x"
    )
    await device.shown(1)
    row = (await in_thread(crowd.rows_of, engineer))[0]
    expected = notification(row, now=row.created_at)
    frame = device.notifications()[0]
    assert frame == {"event": "notification", "prev": 0, "data": orjson.loads(orjson.dumps(expected))}


async def test_the_backlog_shows_the_same_object_as_the_bell(process: LiveProcess, engineer: User) -> None:
    early, _ = await pair(engineer)
    await send(engineer, data={"a": 1})
    await early.shown(1)
    late = await Device.of(engineer)
    await late.shown(1)
    assert late.notifications() == early.notifications()


async def test_reading_on_one_device_is_told_to_both(process: LiveProcess, engineer: User) -> None:
    phone, laptop = await pair(engineer)
    await send(engineer)
    await phone.shown(1)
    (row_id,) = await ids_of(engineer)
    await phone.send("mark_as_read", id=row_id)
    for device in (phone, laptop):
        assert (await device.data("notification_read"))["ids"] == [row_id]
        badge = await device.data("unread_count")
        while badge["rev"] < 2:
            badge = await device.data("unread_count")
        assert badge == {"unread_count": 0, "last_seq": 1, "rev": 2}


@pytest.mark.parametrize(
    ("verb", "event", "changed"),
    [
        (inbox.archive, "notification_changed", "archived_at"),
        (inbox.mark_as_unread, "notification_changed", "is_read"),
        (inbox.delete, "notification_removed", None),
    ],
)
async def test_what_is_done_over_rest_is_told_to_all_devices(
    process: LiveProcess, engineer: User, verb: Any, event: str, changed: str | None
) -> None:
    await send(engineer)
    ids = await ids_of(engineer)
    await in_thread(inbox.mark_as_read, engineer.pk, ids)
    for device in await pair(engineer):
        device.heard.clear()
    devices = await pair(engineer)
    await in_thread(verb, engineer.pk, ids)
    for device in devices:
        data = await device.data(event)
        if changed:
            assert (data["id"], data["seq"]) == (ids[0], 1)
            assert changed in data["changes"]
        else:
            assert data == {"ids": ids}


async def test_the_badge_follows_the_last_of_many_changes(process: LiveProcess, engineer: User) -> None:
    device, other = await pair(engineer)
    for _ in range(20):
        await send(engineer)
    await in_thread(inbox.mark_all_as_read, engineer.pk)
    for one in (device, other):
        badge = await one.data("unread_count")
        while badge["rev"] < 21:
            badge = await one.data("unread_count")
        assert badge == {"unread_count": 0, "last_seq": 20, "rev": 21}
        revs = [frame["data"]["rev"] for frame in one.heard if frame["event"] == "unread_count"]
        assert revs == sorted(set(revs))


async def test_a_broadcast_to_everyone_is_a_system_notification(process: LiveProcess, engineer: User) -> None:
    device, _ = await pair(engineer)
    await send(audience=Audience(everyone=True), kind="system_announcement")
    await device.shown(1)
    assert device.notifications()[0]["event"] == "system_notification"


async def test_a_large_notification_arrives(process: LiveProcess, engineer: User) -> None:
    device, other = await pair(engineer)
    await send(engineer, message="€" * (LARGEST_BODY // 2))
    await send(engineer)
    for one in (device, other):
        await one.shown(1, 2)
        assert len(one.notifications()[0]["data"]["message"]) == LARGEST_BODY // 2


async def test_a_person_hears_nothing_of_another(process: LiveProcess, engineer: User, outsider: User) -> None:
    device, _ = await pair(engineer)
    await send(outsider)
    await in_thread(inbox.mark_all_as_read, outsider.pk)
    await send(engineer)
    await device.shown(1)
    assert {frame["event"] for frame in device.heard} <= {"authenticated", "caught_up", "notification", "unread_count"}


async def test_nothing_arrives_twice_when_every_bell_rings_twice(
    process: LiveProcess, engineer: User, elsewhere: Bell, listener: Any
) -> None:
    device, other = await pair(engineer)
    for _ in range(5):
        await send(engineer)
    elsewhere.ring(*await in_thread(listener.heard))
    await send(engineer)
    await device.shown(1, 2, 3, 4, 5, 6)
    await other.shown(1, 2, 3, 4, 5, 6)


async def test_rows_whose_bell_was_lost_come_before_the_next_one(process: LiveProcess, engineer: User) -> None:
    device, other = await pair(engineer)
    await in_thread(send_silently, engineer)
    await in_thread(send_silently, engineer)
    await send(engineer)
    for one in (device, other):
        await one.shown(1, 2, 3)
        assert [frame["prev"] for frame in one.notifications()] == [0, 1, 2]


async def test_a_change_whose_bell_was_lost_is_told_by_the_heartbeat(process: LiveProcess, engineer: User) -> None:
    await in_thread(send_silently, engineer)
    device, _ = await pair(engineer)
    await in_thread(silently, inbox.mark_all_as_read, engineer.pk)
    await process.hub.check_heads(ping=True)
    assert await device.data("ping") == {"last_seq": 1, "rev": 2}
    assert await device.data("caught_up") == {"last_seq": 1, "rev": 2}
    assert (await device.data("unread_count"))["unread_count"] == 0


# --- the staff's endpoint -----------------------------------------------------------
async def test_the_staff_endpoint_shows_its_namespace_alone_with_the_same_seq(
    process: LiveProcess, admin: User
) -> None:
    everything, staff = await Device.of(admin), await Device.of(admin, path="/ws/admin/")
    await everything.data("caught_up")
    await staff.data("caught_up")
    for namespace in ("/", "/admin", "/", "/admin"):
        await send(admin, namespace=namespace)
    await everything.shown(1, 2, 3, 4)
    await staff.shown(2, 4)
    assert [frame["prev"] for frame in staff.notifications()] == [0, 2]
    while (await staff.data("unread_count"))["unread_count"] != 4:
        pass


async def test_the_staff_endpoint_is_closed_4403_to_others(process: LiveProcess, engineer: User) -> None:
    device = await Device.of(engineer, path="/ws/admin/")
    assert (await device.data("authentication_error"))["code"] == "not_staff"
    assert await device.closed() == 4403


@pytest.mark.parametrize("path", ["/ws/notifications", "/ws/notifications/", "/ws/admin", "/ws/admin/"])
async def test_each_path_works_with_and_without_its_slash(process: LiveProcess, admin: User, path: str) -> None:
    assert await (await Device.of(admin, path=path)).data("caught_up")


async def test_what_comes_back_from_a_snooze_is_shown_again_and_says_so(process: LiveProcess, engineer: User) -> None:
    await send(engineer)
    phone, _ = await pair(engineer)
    (row_id,) = await ids_of(engineer)
    await in_thread(inbox.snooze, engineer.pk, row_id, until=timezone.now() + timedelta(hours=1))
    assert (await phone.data("notification_changed"))["changes"]["snoozed_until"]
    await in_thread(NotificationLog.objects.update, snoozed_until=timezone.now() - timedelta(seconds=1))
    await in_thread(snoozing.wake_chunk)
    back = await phone.frame("notification")
    assert (back["again"], back["prev"], back["data"]["id"], back["data"]["seq"]) == ("snooze", 1, row_id, 2)
    late = await Device.of(engineer, "last_seq=1")
    assert (await late.frame("notification"))["again"] == "snooze"
    assert (await late.data("caught_up"))["last_seq"] == 2
    assert late.seqs() == [2]
