"""What a client says and what it is answered: every frame, and all the nonsense that must change nothing."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from notifications.live.threads import in_thread
from notifications.models import Inbox, NotificationLog
from notifications.sockets.frames import MOST_BYTES, Allowance
from notifications.sockets.process import LiveProcess

from .. import crowd
from .device import Device

pytestmark = pytest.mark.django_db(transaction=True)
NONSENSE: list[Any] = [None, "1", 1.5, True, -1, [], {}, 2**63, 10**30]


@pytest.fixture
async def device(process: LiveProcess, engineer: User) -> Device:
    """Signed in and caught up, with three notifications."""
    for _ in range(3):
        await in_thread(crowd.send, engineer)
    made = await Device.of(engineer)
    await made.data("caught_up")
    return made


async def row_of(user: User, seq: int) -> NotificationLog:
    return await in_thread(lambda: NotificationLog.objects.get(recipient=user, seq=seq))


async def written(user: User) -> Any:
    """Whatever a client can change of a person."""

    def read() -> Any:
        columns = ("seq", "is_read", "seen_at", "delivered_at", "archived_at", "deleted_at")
        rows = list(NotificationLog.objects.filter(recipient=user).values_list(*columns))
        return rows, Inbox.objects.filter(pk=user.pk).values("rev", "unread_count", "delivered_floor").first()

    return await in_thread(read)


async def error_of(device: Device, event: str, **data: Any) -> dict[str, Any]:
    await device.send(event, ref=event, **data)
    frame = await device.frame("error")
    assert frame["ref"] == frame["data"]["ref"] == event
    return dict(frame["data"])


# --- what works -----------------------------------------------------------------
async def test_ping_is_answered_with_its_ref(device: Device) -> None:
    await device.send("ping", ref=17)
    assert await device.frame("pong") == {"event": "pong", "data": {}, "ref": 17}
    await device.send("ping")
    assert await device.frame("pong") == {"event": "pong", "data": {}}
    await device.send("pong")
    assert await device.pong() == ["authenticated", *["notification"] * 3, "caught_up", "pong", "pong"]


async def test_mark_as_read_changes_the_row_and_tells_the_device(device: Device, engineer: User) -> None:
    row = await row_of(engineer, 2)
    await device.send("mark_as_read", id=row.pk)
    assert (await device.data("notification_read"))["ids"] == [row.pk]
    assert (await device.data("unread_count"))["unread_count"] == 2
    assert (await row_of(engineer, 2)).is_read


async def test_mark_all_as_read_goes_as_far_as_it_is_told(device: Device, engineer: User) -> None:
    await device.send("mark_all_as_read", up_to_seq=2)
    assert (await device.data("notification_read"))["up_to_seq"] == 2
    assert not (await row_of(engineer, 3)).is_read
    await device.send("mark_all_as_read")
    assert (await device.data("notification_read"))["up_to_seq"] == 3
    assert (await row_of(engineer, 3)).is_read


async def test_seen_is_not_read(device: Device, engineer: User) -> None:
    await device.send("seen", up_to_seq=2)
    assert (await device.data("unread_count"))["unread_count"] == 3
    rows = [await row_of(engineer, seq) for seq in (1, 2, 3)]
    assert [row.seen_at is not None for row in rows] == [True, True, False]
    assert not any(row.is_read for row in rows)


async def test_resume_repeats_what_comes_after(device: Device) -> None:
    await device.send("resume", last_seq=1)
    assert await device.data("caught_up") == {"last_seq": 3, "rev": 3}
    assert device.seqs() == [1, 2, 3, 2, 3]
    assert [frame["prev"] for frame in device.notifications()] == [0, 1, 2, 1, 2]


async def test_resume_from_the_head_has_nothing_to_say_but_caught_up(device: Device) -> None:
    await device.pong()
    await device.send("resume", last_seq=3)
    await device.data("caught_up")
    assert device.seqs() == [1, 2, 3]


async def test_disconnect_is_answered_with_1000(device: Device, process: LiveProcess) -> None:
    await device.send("disconnect")
    assert await device.closed() == 1000
    await device.leave()
    assert not process.guests


# --- nonsense -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "invalid_json"),
        ('{"event": NaN}', "invalid_json"),
        ("[" * 5000, "invalid_json"),
        ("null", "invalid_frame"),
        ("[]", "invalid_frame"),
        ('"ping"', "invalid_frame"),
        ("{}", "invalid_frame"),
        ('{"event": 5}', "invalid_frame"),
        ('{"event": null, "data": {}}', "invalid_frame"),
        ('{"event": "ping", "data": []}', "invalid_frame"),
        ('{"event": "ping", "data": "x"}', "invalid_frame"),
        ('{"event": "ping", "ref": {"a": 1}}', "invalid_frame"),
        ('{"event": "ping", "ref": ' + "[" * 500 + "]" * 500 + "}", "invalid_frame"),
        ('{"event": "shutdown"}', "unknown_event"),
        ('{"event": "notification", "data": {}}', "unknown_event"),
        ('{"event": "__class__"}', "unknown_event"),
        ('{"event": "authenticated"}', "unknown_event"),
    ],
)
async def test_what_is_no_frame_is_an_error_and_the_connection_stays(device: Device, text: str, code: str) -> None:
    await device.pong()
    await device.send_text(text)
    assert (await device.data("error"))["code"] == code
    assert await device.pong() == ["error"]


async def test_binary_frames_are_an_error(device: Device) -> None:
    await device.send_bytes(b"\x00\x01")
    assert (await device.data("error"))["code"] == "invalid_frame"
    await device.pong()


@pytest.mark.parametrize(
    ("event", "name"),
    [("mark_as_read", "id"), ("ack", "id"), ("ack", "up_to_seq"), ("resume", "last_seq"), ("seen", "up_to_seq")],
)
async def test_wrong_types_are_an_error_and_change_nothing(
    device: Device, engineer: User, event: str, name: str
) -> None:
    before = await written(engineer)
    for value in NONSENSE:
        error = await error_of(device, event, **{name: value})
        assert error["code"] == "invalid"
        assert error["message"].startswith(f"{name}: ")
    assert await written(engineer) == before


@pytest.mark.parametrize("event", ["mark_as_read", "ack", "resume", "seen"])
async def test_a_missing_field_is_an_error(device: Device, event: str) -> None:
    assert (await error_of(device, event))["code"] == "invalid"


async def test_optional_fields_are_checked_too(device: Device) -> None:
    for value in (value for value in NONSENSE if value is not None):
        assert (await error_of(device, "mark_all_as_read", up_to_seq=value))["code"] == "invalid"
        assert (await error_of(device, "ack", up_to_seq=1, after_ms=value))["code"] == "invalid"


@pytest.mark.parametrize("event", ["mark_as_read", "ack"])
async def test_another_persons_row_is_not_found_and_nothing_is_written(
    device: Device, engineer: User, outsider: User, event: str
) -> None:
    await in_thread(crowd.send, outsider)
    before = await written(outsider), await written(engineer)
    theirs = (await row_of(outsider, 1)).pk
    assert (await error_of(device, event, id=theirs))["code"] == "not_found"
    assert (await error_of(device, event, id=10**12))["code"] == "not_found"
    assert (await written(outsider), await written(engineer)) == before


async def test_an_ack_of_what_was_never_sent_is_an_error_and_changes_nothing(process: LiveProcess, admin: User) -> None:
    await in_thread(crowd.send, admin, namespace="/admin")
    await in_thread(crowd.send, admin)
    device = await Device.of(admin, path="/ws/admin/")
    await device.data("caught_up")
    before = await written(admin)
    assert (await error_of(device, "ack", id=(await row_of(admin, 2)).pk))["code"] == "not_found"
    await device.send("ack", up_to_seq=0)
    await device.pong()
    await process.flush()
    assert await written(admin) == before


# --- size -----------------------------------------------------------------------
async def test_a_frame_of_64_kib_is_read_and_one_more_byte_is_closed_4413(device: Device) -> None:
    frame = {"event": "ping", "data": {"x": ""}, "ref": "large"}
    room = MOST_BYTES - len(json.dumps(frame))
    await device.send_text(json.dumps({**frame, "data": {"x": "a" * room}}))
    assert (await device.frame("pong"))["ref"] == "large"
    await device.send_text(json.dumps({**frame, "data": {"x": "a" * (room + 1)}}))
    assert await device.closed() == 4413


async def test_the_size_is_counted_in_bytes(device: Device) -> None:
    await device.send_text('{"event": "ping", "data": {"x": "' + "ü" * (MOST_BYTES // 2) + '"}}')
    assert await device.closed() == 4413


# --- how many ---------------------------------------------------------------------
async def test_a_flood_is_closed_4429_and_nobody_else_notices(device: Device, engineer: User, outsider: User) -> None:
    other = await Device.of(outsider)
    await other.data("caught_up")
    for _ in range(1000):
        await device.send("ping")
    assert await device.closed() == 4429
    assert [frame["event"] for frame in device.heard].count("pong") >= 100
    await in_thread(crowd.send, outsider)
    await other.shown(1)
    assert "error" not in await other.pong()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"event": "ack", "data": {"up_to_seq": "x"}}',
        '{"event": "ack", "data": {"up_to_seq": 1, "after_ms": -1}}',
    ],
)
async def test_a_flood_of_nonsense_is_closed_4429_too(device: Device, text: str) -> None:
    for _ in range(1000):
        await device.send_text(text)
    assert await device.closed() == 4429


async def test_acks_that_advance_cost_nothing_and_repeats_do(
    device: Device, engineer: User, process: LiveProcess
) -> None:
    for _ in range(150):
        await in_thread(crowd.send, engineer)
    while device.seqs()[-1] != 153:
        await device.next()
    for seq in range(1, 154):
        await device.send("ack", up_to_seq=seq)
    await device.pong()
    for _ in range(1000):
        await device.send("ack", up_to_seq=153)
    assert await device.closed() == 4429


async def test_a_flood_before_signing_in_is_closed_4429(process: LiveProcess) -> None:
    device = await Device.open()
    for _ in range(1000):
        await device.send("ping")
    assert await device.closed() == 4429


def test_the_allowance_is_a_hundred_at_once_and_twenty_a_second_after() -> None:
    allowance = Allowance()
    taken = sum(allowance.take() for _ in range(1000))
    assert 100 <= taken <= 110
    allowance.at -= 1
    assert 20 <= sum(allowance.take() for _ in range(1000)) <= 30
    allowance.at -= 3600
    assert 100 <= sum(allowance.take() for _ in range(1000)) <= 110


async def test_who_gave_a_ref_hears_that_it_was_done(device: Device, engineer: User) -> None:
    await in_thread(crowd.send, engineer)
    row = (await device.frame("notification"))["data"]
    for count in (1, 0):
        await device.send("mark_as_read", ref="r1", id=row["id"])
        assert await device.frame("mark_as_read") == {"event": "mark_as_read", "data": {"count": count}, "ref": "r1"}
