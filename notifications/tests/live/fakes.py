"""A wire and a database for one connection: values in lists, and gates to hold them up."""

import asyncio
from typing import Any

from notifications.live.connection import Connection
from notifications.live.resume import MOST_ROWS, Backlog, Question, Row
from notifications.live.threads import Gathering

PERSON = 7
Frame = dict[str, Any]


class FakeWire:
    """What was sent; while `gate` is closed the reader takes nothing."""

    def __init__(self) -> None:
        self.sent: list[Frame] = []
        self.codes: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def notification(self, name: str, prev: int, row_id: int, seq: int, body: bytes, again: str | None) -> Any:
        return {"event": name, "prev": prev, "id": row_id, "seq": seq, "body": body}

    def frame(self, event: str, data: Frame) -> Any:
        return {"event": event, **data}

    def write_now(self, made: Any) -> bool:
        return False

    async def send(self, made: Any) -> None:
        await self.gate.wait()
        self.sent.append(made)

    async def close(self, code: int) -> None:
        self.codes.append(code)

    def seqs(self) -> list[int]:
        return [frame["seq"] for frame in self.sent if frame["event"] == "notification"]

    def others(self) -> list[str]:
        return [frame["event"] for frame in self.sent if frame["event"] != "notification"]

    def last(self, event: str) -> Frame:
        return [frame for frame in self.sent if frame["event"] == event][-1]

    def assert_in_order(self, start: int = 0) -> None:
        """`seq` rises, and each `prev` is the seq shown before it."""
        shown = start
        for frame in self.sent:
            if frame["event"] == "notification":
                assert frame["prev"] == shown < frame["seq"]
                shown = frame["seq"]


class FakeDatabase(Gathering[Question, Backlog]):
    """One person's rows; while `gate` is closed no question is answered."""

    def __init__(self, head: int = 0, size: int = 10) -> None:
        self.rows: dict[int, tuple[str, bytes]] = {}
        self.head = 0
        self.rev = 0
        self.asked: list[Question] = []
        self.broken = 0  # so many questions fail
        self.gate = asyncio.Event()
        self.gate.set()
        for _ in range(head):
            self.add(size=size)

    def add(self, namespace: str = "/", size: int = 10) -> int:
        self.head += 1
        self.rev += 1
        self.rows[self.head] = (namespace, b"x" * size)
        return self.head

    def answer(self, question: Question) -> Backlog:
        after = question.after or 0
        rows = [
            Row(seq + 1000, seq, "notification", body)
            for seq, (namespace, body) in self.rows.items()
            if seq > after and question.namespace in (None, namespace)
        ]
        too_far = after > self.head or len(rows) > MOST_ROWS
        return Backlog(head=self.head, start=after, rev=self.rev, too_far=too_far, rows=[] if too_far else rows)

    async def ask(self, question: Question) -> Backlog:
        self.asked.append(question)
        if self.broken:
            self.broken -= 1
            raise OSError("the database is away")
        answer = self.answer(question)
        await self.gate.wait()
        return answer


class Desk:
    """A connection between the two, and the bell."""

    def __init__(self, database: FakeDatabase, namespace: str | None = None) -> None:
        self.database, self.wire = database, FakeWire()
        self.connection = Connection(PERSON, self.wire, database, epoch="e1", namespace=namespace)

    def begin(self, after: int = 0) -> None:
        self.connection.begin(self.database.answer(Question(PERSON, after, self.connection.namespace)))

    def ring(self, *seqs: int, with_body: bool = True) -> None:
        for seq in seqs:
            namespace, body = self.database.rows[seq]
            self.connection.hear("notification", namespace, seq + 1000, seq, body if with_body else None)

    def send(self, namespace: str = "/", size: int = 10) -> int:
        """A row is committed and rung."""
        seq = self.database.add(namespace, size)
        self.ring(seq)
        return seq
