"""One connection, between a bell that may lie and a client that may be slow: each row once, in order, none left out."""

from notifications.live.resume import MOST_UNACKED, MOST_UNACKED_BYTES, Question

from ..waiting import until
from .fakes import PERSON, Desk, FakeDatabase


async def live(head: int = 0, *, after: int | None = None, namespace: str | None = None) -> Desk:
    """A connection that has caught up with `head` rows, of which it had `after`."""
    desk = Desk(FakeDatabase(head), namespace)
    desk.begin(head if after is None else after)
    await until(lambda: desk.connection.live, "going live")
    return desk


async def test_the_backlog_comes_then_caught_up_then_what_is_rung() -> None:
    desk = await live(3, after=1)
    desk.send()
    assert [frame["event"] for frame in desk.wire.sent] == ["notification"] * 2 + ["caught_up", "notification"]
    assert desk.wire.seqs() == [2, 3, 4]
    assert desk.wire.last("caught_up") == {"event": "caught_up", "last_seq": 3, "rev": 3}
    desk.wire.assert_in_order(start=1)


async def test_a_bell_that_rings_twice_or_late_is_dropped() -> None:
    desk = await live()
    desk.send()
    desk.send()
    desk.ring(2, 1)
    assert desk.wire.seqs() == [1, 2]
    assert not desk.database.asked


async def test_what_a_lost_bell_left_out_is_read_before_the_next_is_shown() -> None:
    desk = await live()
    desk.send()
    desk.database.add()
    desk.database.add()
    desk.send()
    await until(lambda: desk.connection.live, "the gap being read")
    assert desk.wire.seqs() == [1, 2, 3, 4]
    assert [question.after for question in desk.database.asked] == [1]
    desk.wire.assert_in_order()


async def test_rows_of_another_namespace_only_move_what_is_covered() -> None:
    desk = await live(namespace="/admin")
    for namespace in ("/", "/admin", "/", "/", "/admin"):
        desk.send(namespace)
    assert desk.wire.seqs() == [2, 5]
    assert not desk.database.asked
    desk.wire.assert_in_order()


async def test_a_bell_without_a_body_is_read() -> None:
    desk = await live()
    desk.database.add()
    desk.ring(1, with_body=False)
    await until(lambda: desk.wire.seqs() == [1], "the row")
    assert len(desk.database.asked) == 1


async def test_bells_during_the_backlog_are_read_after_it_and_none_is_shown_twice() -> None:
    desk = Desk(FakeDatabase(2))
    desk.wire.gate.clear()
    desk.begin()
    await until(lambda: desk.connection.shown == 1, "the first row")
    desk.send()
    desk.send()
    desk.wire.gate.set()
    await until(lambda: desk.connection.live, "going live")
    desk.send()
    assert desk.wire.seqs() == [1, 2, 3, 4, 5]
    assert desk.wire.last("caught_up")["last_seq"] == 4
    desk.wire.assert_in_order()


async def test_bells_while_a_gap_is_read_are_read_too() -> None:
    desk = await live()
    desk.database.gate.clear()
    desk.database.add()
    desk.send()
    await until(lambda: len(desk.database.asked) == 1, "the question")
    desk.send()
    desk.database.gate.set()
    await until(lambda: desk.connection.live, "going live")
    assert desk.wire.seqs() == [1, 2, 3]


async def test_bells_before_the_first_answer_are_not_lost() -> None:
    desk = Desk(FakeDatabase(1))
    answer_of_before = desk.database.answer(question=_everything())
    desk.send()
    assert desk.wire.sent == []
    desk.connection.begin(answer_of_before)
    await until(lambda: desk.connection.live, "going live")
    assert desk.wire.seqs() == [1, 2]


async def test_a_failed_read_is_repeated() -> None:
    desk = await live()
    desk.database.broken = 1
    desk.database.add()
    desk.send()
    await until(lambda: desk.wire.seqs() == [1, 2], "the second try")


# --- heads ----------------------------------------------------------------------
async def test_a_head_beyond_what_was_rung_is_read() -> None:
    desk = await live()
    desk.database.add()
    desk.connection.check_head(1)
    await until(lambda: desk.wire.seqs() == [1], "the row")


async def test_a_head_that_was_read_before_the_last_bell_is_no_restored_backup() -> None:
    desk = await live()
    desk.send()
    desk.send()
    desk.connection.check_head(1)
    await until(lambda: desk.connection.live, "going live")
    desk.send()
    assert desk.wire.seqs() == [1, 2, 3]
    assert "reset" not in desk.wire.others()


async def test_a_database_that_went_back_resets_the_client() -> None:
    desk = await live(5)
    desk.database.head = 2
    desk.connection.check_head(2)
    await until(lambda: desk.connection.live, "going live")
    assert desk.wire.last("reset") == {"event": "reset", "last_seq": 2, "epoch": "e1"}
    desk.send()
    assert desk.wire.last("notification")["prev"] == 2


async def test_a_bell_that_the_database_knows_nothing_of_does_not_keep_us_reading() -> None:
    desk = await live(1)
    desk.connection.hear("notification", "/", 9999, 900, b"of another installation on the same Redis")
    await until(lambda: desk.connection.live, "going live")
    desk.send()
    assert desk.wire.seqs() == [2]
    assert len(desk.database.asked) == 1


# --- resets ---------------------------------------------------------------------
async def test_a_cursor_beyond_the_head_is_reset_and_goes_on_from_the_head() -> None:
    desk = await live(3, after=50)
    assert desk.wire.others() == ["reset", "caught_up"]
    desk.send()
    assert (desk.wire.last("notification")["prev"], desk.wire.last("notification")["seq"]) == (3, 4)
    assert not desk.connection.complete


async def test_a_thousand_rows_are_streamed_and_one_more_is_too_many() -> None:
    assert (await live(1000, after=0)).wire.seqs() == list(range(1, 1001))
    desk = await live(1001, after=0)
    assert (desk.wire.seqs(), desk.wire.last("reset")["last_seq"]) == ([], 1001)


async def test_a_bell_between_the_answer_and_its_reset_is_still_shown() -> None:
    desk = Desk(FakeDatabase(1001))
    too_far = desk.database.answer(_everything())
    desk.send()
    desk.connection.begin(too_far)
    await until(lambda: desk.connection.live, "going live")
    assert (desk.wire.last("reset")["last_seq"], desk.wire.seqs()) == (1001, [1002])


async def test_resume_sends_again_from_where_the_client_says() -> None:
    desk = await live(4, after=0)
    desk.begin(after=2)
    await until(lambda: desk.wire.others() == ["caught_up"] * 2, "the second caught_up")
    assert desk.wire.seqs() == [1, 2, 3, 4, 3, 4]
    assert desk.wire.sent[-3]["prev"] == 2


async def test_resume_while_the_backlog_is_sent_begins_anew() -> None:
    desk = Desk(FakeDatabase(3))
    desk.wire.gate.clear()
    desk.begin()
    await until(lambda: desk.connection.shown == 1, "the first row")
    desk.begin(after=1)
    desk.wire.gate.set()
    await until(lambda: desk.connection.live, "going live")
    assert desk.wire.seqs() == [2, 3]
    assert desk.wire.others() == ["caught_up"]


# --- slow readers ---------------------------------------------------------------
async def test_a_client_that_never_acknowledges_does_not_starve() -> None:
    desk = await live()
    for _ in range(MOST_UNACKED * 5):
        desk.send(size=2000)
    assert desk.wire.seqs() == list(range(1, MOST_UNACKED * 5 + 1))
    assert desk.connection.behind_since is None


async def test_who_has_acknowledged_once_must_do_so_each_256_frames() -> None:
    desk = await live()
    desk.send()
    desk.connection.acked(1)
    for _ in range(MOST_UNACKED + 3):
        desk.send()
    assert desk.wire.seqs()[-1] == MOST_UNACKED + 1
    assert desk.connection.behind_since is not None
    desk.connection.acked(2)
    await until(lambda: desk.wire.seqs()[-1] == MOST_UNACKED + 2, "one more")
    desk.connection.acked(MOST_UNACKED + 2)
    await until(lambda: desk.connection.live, "going live")
    assert desk.wire.seqs() == list(range(1, MOST_UNACKED + 5))
    desk.wire.assert_in_order()


async def test_or_each_256_kilobytes() -> None:
    desk = await live()
    desk.send()
    desk.connection.acked(1)
    for _ in range(40):
        desk.send(size=MOST_UNACKED_BYTES // 16)
    assert desk.wire.seqs()[-1] == 17
    desk.connection.acked_one(1005)
    await until(lambda: desk.wire.seqs()[-1] == 18, "one more")


async def test_caught_up_comes_although_the_backlog_had_to_wait_for_acknowledgements() -> None:
    desk = await live(MOST_UNACKED + 10)
    desk.connection.acked(0)
    desk.begin(after=0)
    await until(lambda: desk.connection.behind_since is not None, "the window being full")
    assert len(desk.wire.seqs()) == MOST_UNACKED
    desk.connection.acked(MOST_UNACKED)
    await until(lambda: desk.wire.others() == ["caught_up"] * 2, "caught_up")
    assert desk.wire.seqs() == list(range(1, MOST_UNACKED + 11))


async def test_an_ack_is_clamped_to_what_was_sent_and_counts_once() -> None:
    desk = await live()
    for _ in range(3):
        desk.send()
    assert [seq for _, seq, _, _ in desk.connection.acked_one(1002)] == [2]
    assert [seq for _, seq, _, _ in desk.connection.acked(10**9)] == [1, 3]
    assert desk.connection.acked(10**9) == desk.connection.acked_one(1002) == desk.connection.acked_one(5) == []


async def test_a_stuck_reader_gets_the_rest_from_the_database() -> None:
    desk = await live()
    desk.wire.gate.clear()
    for _ in range(5):
        desk.send()
    assert desk.wire.sent[1:] == []
    desk.wire.gate.set()
    await until(lambda: desk.wire.seqs() == [1, 2, 3, 4, 5], "the rest")
    assert len(desk.database.asked) == 1
    desk.wire.assert_in_order()


async def test_a_stuck_reader_that_resumes_gets_its_backlog_afterwards() -> None:
    desk = await live(3)
    desk.wire.gate.clear()
    desk.connection.tell("ping", {})
    desk.begin(after=0)
    await until(lambda: desk.connection.behind_since is not None, "the backlog being refused")
    desk.wire.gate.set()
    await until(lambda: desk.connection.live, "going live")
    assert desk.wire.seqs() == [1, 2, 3]
    assert desk.wire.others() == ["caught_up", "ping", "caught_up"]


def _everything() -> Question:
    return Question(PERSON, 0, None)
