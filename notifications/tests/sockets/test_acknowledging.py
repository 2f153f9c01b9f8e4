"""A device says what it has: by cursor, by cumulative ack, by single ack; and what becomes of that in the rows."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from notifications.live.threads import in_thread
from notifications.models import AuditEntry, Inbox, NotificationLog
from notifications.sockets.process import NOTE_SENT_AFTER_S, LiveProcess

from .. import crowd
from ..waiting import until
from .device import Device, access

pytestmark = pytest.mark.django_db(transaction=True)


async def rows_of(user: User) -> list[NotificationLog]:
    return await in_thread(crowd.rows_of, user)


async def delivered(user: User) -> list[int]:
    return [row.seq for row in await rows_of(user) if row.delivered_at]


async def become_delivered(user: User, *seqs: int) -> None:
    async def is_so() -> bool:
        return await delivered(user) == list(seqs)

    await until(is_so, f"{seqs} being delivered")


async def floor_of(user: User) -> int:
    return (await in_thread(lambda: Inbox.objects.get(pk=user.pk))).delivered_floor


async def send(user: User, count: int = 1, **fields: Any) -> None:
    for _ in range(count):
        await in_thread(crowd.send, user, **fields)


async def caught_up(user: User, query: str = "", **how: Any) -> Device:
    device = await Device.of(user, query, **how)
    await device.data("caught_up")
    return device


async def test_a_cumulative_ack_covers_what_was_sent_here(process: LiveProcess, engineer: User) -> None:
    await send(engineer, 3)
    device = await caught_up(engineer)
    assert device.seqs() == [1, 2, 3]
    await device.send("ack", up_to_seq=2)
    await become_delivered(engineer, 1, 2)
    assert await floor_of(engineer) == 2
    row = (await rows_of(engineer))[0]
    assert row.sent_at is not None
    assert row.rtt_ms is not None
    await device.send("ack", up_to_seq=10**6)
    await become_delivered(engineer, 1, 2, 3)
    assert await floor_of(engineer) == 3


async def test_a_single_ack_covers_exactly_that_row(process: LiveProcess, engineer: User) -> None:
    await send(engineer, 3)
    device = await caught_up(engineer)
    await device.send("ack", id=device.notifications()[1]["data"]["id"])
    await become_delivered(engineer, 2)
    assert await floor_of(engineer) == 0
    again = await caught_up(engineer)
    assert again.seqs() == [1, 3]


async def test_a_repeated_ack_changes_nothing(process: LiveProcess, engineer: User) -> None:
    await send(engineer)
    device = await caught_up(engineer)
    await device.send("ack", up_to_seq=1)
    await become_delivered(engineer, 1)
    before = (await rows_of(engineer))[0]
    await device.send("ack", up_to_seq=1)
    await device.send("ack", id=before.pk)
    assert "error" not in await device.pong()
    await process.flush()
    after = (await rows_of(engineer))[0]
    assert (after.delivered_at, after.rtt_ms) == (before.delivered_at, before.rtt_ms)
    entries = await in_thread(lambda: AuditEntry.objects.filter(action="notification.delivered").count())
    assert entries == 1


async def test_one_devices_ack_is_the_persons(process: LiveProcess, engineer: User) -> None:
    phone, laptop = await caught_up(engineer), await caught_up(engineer)
    await send(engineer)
    await phone.shown(1)
    await laptop.shown(1)
    await phone.send("ack", up_to_seq=1)
    await become_delivered(engineer, 1)
    assert (await caught_up(engineer)).seqs() == []


def make_older(process: LiveProcess, seconds: float) -> None:
    """What the one connection was sent was written so much earlier."""
    frames = next(iter(process.guests.values())).connection.unacked.frames
    older = [(row_id, seq, size, clock - seconds) for row_id, seq, size, clock in frames]
    frames.clear()
    frames.extend(older)


async def test_the_round_trip_time_leaves_out_how_long_the_client_waited(process: LiveProcess, engineer: User) -> None:
    await send(engineer, 2)
    device = await caught_up(engineer)
    make_older(process, 60)
    await device.send("ack", up_to_seq=1)
    await device.send("ack", up_to_seq=2, after_ms=58_000)
    await become_delivered(engineer, 1, 2)
    first, second = [row.rtt_ms or 0 for row in await rows_of(engineer)]
    assert 60_000 <= first < 90_000
    assert 2_000 <= second < 32_000


async def test_a_wait_longer_than_the_round_trip_is_no_negative_time(process: LiveProcess, engineer: User) -> None:
    await send(engineer)
    device = await caught_up(engineer)
    await device.send("ack", up_to_seq=1, after_ms=2**40)
    await become_delivered(engineer, 1)
    assert (await rows_of(engineer))[0].rtt_ms == 0


async def test_an_ack_after_a_month_is_still_written(process: LiveProcess, engineer: User) -> None:
    await send(engineer)
    device = await caught_up(engineer)
    make_older(process, 40 * 24 * 3600)
    await device.send("ack", up_to_seq=1)
    await become_delivered(engineer, 1)


async def test_what_nobody_acknowledges_is_noted_as_sent_after_two_seconds(
    process: LiveProcess, engineer: User
) -> None:
    await send(engineer, 2)
    device = await caught_up(engineer)
    await process.flush()
    assert [row.sent_at for row in await rows_of(engineer)] == [None, None]
    make_older(process, NOTE_SENT_AFTER_S)
    await process.flush()
    rows = await rows_of(engineer)
    assert all(row.sent_at for row in rows)
    assert not any(row.delivered_at for row in rows)
    assert device.is_open


async def test_a_large_batch_of_acks_is_written(process: LiveProcess, engineer: User) -> None:
    people = await in_thread(crowd.make_crowd, 1)
    user = await in_thread(User.objects.get, pk=people[0])
    device = await caught_up(user)
    await send(user, 120)
    while len(device.seqs()) < 120:
        await device.next()
    await device.send("ack", up_to_seq=120)
    await become_delivered(user, *range(1, 121))


# --- the cursor -------------------------------------------------------------------
@pytest.mark.parametrize("way", ["query", "authenticate", "resume", "authenticate anew"])
async def test_a_cursor_is_an_acknowledgement(process: LiveProcess, engineer: User, way: str) -> None:
    await send(engineer, 3)
    if way == "query":
        await caught_up(engineer, "last_seq=2")
    elif way == "authenticate":
        device = await Device.open()
        await device.send("authenticate", token=await _token(engineer), last_seq=2)
    else:
        device = await caught_up(engineer)
        if way == "resume":
            await device.send("resume", last_seq=2)
        else:
            await device.send("authenticate", token=await _token(engineer), last_seq=2)
    await become_delivered(engineer, 1, 2)
    assert [row.rtt_ms for row in await rows_of(engineer)] == [None] * 3
    assert await floor_of(engineer) == 2


async def _token(user: User) -> str:
    return await in_thread(access, user)


async def test_an_ack_does_not_pass_over_a_cursor_that_is_not_written_yet(process: LiveProcess, engineer: User) -> None:
    """The floor that an ack raised hid the rows that the cursor had yet to acknowledge: undelivered for ever."""
    await send(engineer, 2)
    await caught_up(engineer, "last_seq=0")
    connection = next(iter(process.guests.values())).connection
    connection.acked(1)  # of another connection, say: this one's frame of it was a repeat
    process.acknowledge_cursor(connection, 1)
    process.acknowledged(connection, connection.acked(2), 0, cumulative=True)
    assert [ack.floor for ack in process._acks] == [0]
    await become_delivered(engineer, 1, 2)
    await until(lambda: connection.owed_cursors == 0, "the cursor written")


async def test_signing_in_anew_without_a_cursor_acknowledges_nothing(process: LiveProcess, engineer: User) -> None:
    await send(engineer, 2)
    device = await caught_up(engineer)
    await device.send("authenticate", token=await _token(engineer))
    await device.data("authenticated")
    await device.send("ack", up_to_seq=1)
    await become_delivered(engineer, 1)
    assert device.seqs() == [1, 2]


async def test_a_cursor_of_one_namespace_acknowledges_that_one_alone(process: LiveProcess, admin: User) -> None:
    for namespace in ("/", "/admin", "/", "/admin"):
        await send(admin, namespace=namespace)
    device = await caught_up(admin, "last_seq=3", path="/ws/admin/")
    assert device.seqs() == [4]
    await become_delivered(admin, 2)
    assert await floor_of(admin) == 0
    await device.send("ack", up_to_seq=4)
    await become_delivered(admin, 2, 4)
    assert (await caught_up(admin)).seqs() == [1, 3]


@pytest.mark.parametrize("cursor", ["last_seq=4", "last_seq=1&epoch=another", "last_seq=999999999999999999"])
async def test_a_cursor_that_is_reset_acknowledges_nothing(process: LiveProcess, engineer: User, cursor: str) -> None:
    await send(engineer, 3)
    device = await Device.of(engineer, cursor)
    assert await device.data("reset") == {"last_seq": 3, "epoch": await process.epoch()}
    assert await device.data("caught_up") == {"last_seq": 3, "rev": 3}
    await send(engineer)
    await device.shown(4)
    assert device.notifications()[0]["prev"] == 3
    await device.send("ack", up_to_seq=4)
    await become_delivered(engineer, 4)
    assert await floor_of(engineer) == 0


@pytest.mark.parametrize("cursor", ["last_seq=", "last_seq=abc", "last_seq=-1", "last_seq=1.5", "last_seq=%00"])
async def test_what_is_no_cursor_counts_as_none(process: LiveProcess, engineer: User, cursor: str) -> None:
    await send(engineer, 2)
    assert (await caught_up(engineer, cursor)).seqs() == [1, 2]


async def test_the_right_epoch_beside_the_cursor_is_no_reset(process: LiveProcess, engineer: User) -> None:
    await send(engineer, 2)
    device = await caught_up(engineer, f"last_seq=1&epoch={await process.epoch()}")
    assert device.seqs() == [2]


async def test_a_read_counts_as_the_persons_acknowledgement(process: LiveProcess, engineer: User) -> None:
    await send(engineer, 2)
    device = await caught_up(engineer)
    await device.send("mark_as_read", id=device.notifications()[0]["data"]["id"])
    await device.data("notification_read")
    assert (await caught_up(engineer)).seqs() == [2]


async def test_more_frames_than_are_remembered_are_acknowledged_by_range(process: LiveProcess, engineer: User) -> None:
    device = await caught_up(engineer)
    await send(engineer, 3)
    await device.shown(1, 2, 3)
    unacked = next(iter(process.guests.values())).connection.unacked
    unacked.frames.pop(0)
    unacked.forgotten = 1  # as after a thousand more
    await device.send("ack", up_to_seq=3)
    await become_delivered(engineer, 1, 2, 3)
