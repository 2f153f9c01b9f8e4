"""What many ask at once is answered together, and for nobody who has left."""

import asyncio
from collections.abc import Sequence

from notifications.live.threads import Gathering


async def test_questions_of_a_moment_are_one_piece_of_work_without_those_who_have_left() -> None:
    asked: list[list[int]] = []

    def answer_all(questions: Sequence[int]) -> list[int]:
        asked.append(list(questions))
        return [question * 10 for question in questions]

    gathering = Gathering(answer_all, within_s=0.01)
    one, left, two = (asyncio.ensure_future(gathering.ask(question)) for question in (1, 2, 3))
    await asyncio.sleep(0)
    left.cancel()
    assert [await one, await two] == [10, 30]
    assert asked == [[1, 3]]


async def test_nothing_is_done_when_all_have_left() -> None:
    asked: list[Sequence[int]] = []

    def answer_all(questions: Sequence[int]) -> list[int]:
        asked.append(questions)
        return list(questions)

    gathering = Gathering(answer_all, within_s=0.01)
    left = asyncio.ensure_future(gathering.ask(1))
    await asyncio.sleep(0)
    left.cancel()
    await asyncio.sleep(0.05)
    assert asked == []
