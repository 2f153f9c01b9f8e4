"""Frames beside the notifications: told in their place, kept while a reader is stuck, and never lost without a word."""

import pytest

from notifications.live.connection import MOST_HELD

from ..waiting import until
from .fakes import Desk, FakeDatabase
from .test_connection import live


async def test_nothing_is_told_before_the_backlog() -> None:
    desk = Desk(FakeDatabase(2))
    desk.connection.tell("notification_read", {"ids": [1]})
    assert desk.wire.sent == []
    desk.begin()
    await until(lambda: desk.connection.live, "going live")
    assert desk.wire.others() == ["caught_up", "notification_read"]


async def test_a_change_waits_for_the_rows_that_came_before_it() -> None:
    desk = await live()
    desk.database.gate.clear()
    desk.database.add()
    desk.send()
    desk.connection.tell("notification_read", {"ids": [1001]})
    desk.database.gate.set()
    await until(lambda: desk.connection.live, "going live")
    assert [frame["event"] for frame in desk.wire.sent[1:]] == ["notification", "notification", "notification_read"]


async def test_a_stuck_reader_is_told_in_order_when_it_reads_again() -> None:
    desk = await live()
    desk.wire.gate.clear()
    for n in range(3):
        desk.connection.tell("unread_count", {"n": n})
    assert "unread_count" not in desk.wire.others()
    desk.wire.gate.set()
    await until(lambda: len(desk.wire.sent) == 4, "the frames")
    assert [frame["n"] for frame in desk.wire.sent[1:]] == [0, 1, 2]


async def test_who_could_not_be_told_everything_hears_the_rev_of_now_and_the_badge() -> None:
    desk = await live(1)
    desk.wire.gate.clear()
    for _ in range(MOST_HELD + 2):
        desk.connection.tell("notification_read", {})
    desk.database.rev = 77
    desk.wire.gate.set()
    await until(lambda: desk.wire.others().count("caught_up") == 2, "caught_up")
    await until(lambda: desk.connection.live, "going live")
    assert desk.wire.last("caught_up")["rev"] == desk.wire.last("unread_count")["rev"] == 77


async def test_a_missed_change_is_told_by_caught_up() -> None:
    desk = await live(1)
    desk.database.rev = 9
    desk.connection.miss_change()
    await until(lambda: desk.connection.live, "going live")
    assert desk.wire.others() == ["caught_up", "caught_up", "unread_count"]
    assert desk.wire.last("caught_up")["rev"] == 9
    assert desk.wire.seqs() == []


async def test_a_change_missed_while_reading_is_read_again() -> None:
    desk = await live(1)
    desk.database.gate.clear()
    desk.connection.miss_change()
    await until(lambda: len(desk.database.asked) == 1, "the question")
    desk.database.rev = 9
    desk.connection.miss_change()
    desk.database.gate.set()
    await until(lambda: desk.connection.live, "going live")
    assert desk.wire.others() == ["caught_up", "caught_up", "unread_count"]
    assert desk.wire.last("caught_up")["rev"] == 9


async def test_a_transports_own_ping_is_left_out_while_the_reader_is_stuck() -> None:
    desk = await live()
    desk.wire.gate.clear()
    desk.connection.tell("first", {})
    desk.connection.ping(desk.wire.frame("ping", {}))
    desk.wire.gate.set()
    await until(lambda: "first" in desk.wire.others(), "the frame")
    desk.connection.ping(desk.wire.frame("ping", {}))
    assert desk.wire.others() == ["caught_up", "first", "ping"]


async def test_a_closed_connection_sends_nothing_more() -> None:
    desk = await live()
    await desk.connection.close(4401)
    await desk.connection.close(4503)
    desk.send()
    desk.connection.tell("unread_count", {})
    desk.connection.ping(desk.wire.frame("ping", {}))
    desk.connection.check_head(9)
    desk.connection.miss_change()
    desk.begin()
    assert desk.wire.codes == [4401]
    assert desk.wire.others() == ["caught_up"]
    assert desk.wire.seqs() == []


@pytest.mark.parametrize("busy", ["stuck", "reading"])
async def test_a_connection_that_is_closed_in_the_middle_sends_nothing_more(busy: str) -> None:
    desk = await live()
    (desk.wire if busy == "stuck" else desk.database).gate.clear()
    desk.database.add()
    desk.send()
    desk.connection.tell("unread_count", {})
    await desk.connection.close(4503)
    desk.wire.gate.set()
    desk.database.gate.set()
    after = await live()  # as many turns of the loop as a backlog takes
    assert after.wire.others() == desk.wire.others() == ["caught_up"]
    assert desk.wire.seqs() == []


async def test_a_transport_that_is_gone_hurts_nobody() -> None:
    desk = await live(1)
    desk.wire.send = _broken  # type: ignore[method-assign,assignment]
    desk.send()
    desk.connection.tell("ping", {})
    desk.begin(after=0)
    await until(lambda: not desk.connection.live, "the catch-up")
    assert desk.wire.seqs() == []


async def _broken(message: object) -> None:
    raise OSError("gone")
