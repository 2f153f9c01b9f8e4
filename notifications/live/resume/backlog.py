"""What a connection has missed. Many connections' questions become one query."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q, QuerySet

from ... import wire
from ...database import database_now
from ...deciding import wishes
from ...models import Inbox, Live, NotificationLog, unexpired
from ..threads import Gathering

MOST_ROWS = 1000  # a client further behind reloads its list over REST
SMALL_GAP = 200  # rows; up to this, questions share one query
GATHER_S = 0.010
QUESTIONS_PER_QUERY = 100


@dataclass(frozen=True, slots=True)
class Question:
    """What comes after `after`; None: what this person has neither been delivered nor read."""

    user_id: int
    after: int | None
    namespace: str | None  # None: all of them


@dataclass(slots=True)
class Row:
    """A notification ready to be framed: `body` is the JSON object from behind `id` and `seq`."""

    id: int
    seq: int
    name: str
    body: bytes
    again: str | None = None


@dataclass(slots=True)
class Backlog:
    """Covers every row up to `head`. `too_far`: more than can be streamed, or a cursor beyond the head."""

    head: int = 0
    start: int = 0
    unread_count: int = 0
    rev: int = 0
    delivered_floor: int = 0
    too_far: bool = False
    rows: list[Row] = field(default_factory=list)


def read(questions: Sequence[Question]) -> list[Backlog]:
    """Answers in the order of the questions.

    The heads are read first: rows are in commit order, so whoever sees a head sees every row below it.
    """
    inboxes = Inbox.objects.in_bulk({question.user_id for question in questions})
    answers = [_standing(question, inboxes.get(question.user_id)) for question in questions]
    together = []
    for question, answer in zip(questions, answers, strict=True):
        gap = answer.head - answer.start
        if gap < 0:
            answer.too_far = True
        elif gap > SMALL_GAP:
            _read_alone(question, answer)
        elif gap:
            together.append((question, answer))
    for i in range(0, len(together), QUESTIONS_PER_QUERY):
        _read_together(together[i : i + QUESTIONS_PER_QUERY])
    return answers


def _standing(question: Question, inbox: Inbox | None) -> Backlog:
    if inbox is None:
        return Backlog(start=question.after or 0)
    return Backlog(
        head=inbox.last_seq,
        start=inbox.delivered_floor if question.after is None else question.after,
        unread_count=inbox.unread_count,
        rev=inbox.rev,
        delivered_floor=inbox.delivered_floor,
    )


def _showable(question: Question) -> Q:
    """Skipped, withdrawn, expired, deleted and snoozed rows are in no backlog."""
    q = Q(live=Live.SEND, deleted_at=None, snoozed_until=None, withdrawn="") & unexpired()
    if question.after is None:
        q &= Q(delivered_at=None, is_read=False, archived_at=None)
    if question.namespace is not None:
        q &= Q(event__namespace=question.namespace)
    return q


def _read_alone(question: Question, answer: Backlog) -> None:
    mine = Q(recipient_id=question.user_id, seq__gt=answer.start, seq__lte=answer.head) & _showable(question)
    rows = list(_rows(mine)[: MOST_ROWS + 1])
    if len(rows) > MOST_ROWS:
        answer.too_far = True
    else:
        answer.rows = list(_framed(rows).values())


def _read_together(asked: Sequence[tuple[Question, Backlog]]) -> None:
    any_of = Q()
    for question, answer in asked:
        span = Q(recipient_id=question.user_id, seq__gt=answer.start, seq__lte=answer.head)
        any_of |= span & _showable(question)
    found = list(_rows(any_of))
    framed = _framed(found)
    by_user: dict[int, list[NotificationLog]] = {}
    for row in found:
        by_user.setdefault(row.recipient_id, []).append(row)
    for question, answer in asked:
        rows = by_user.get(question.user_id, ())
        mine = [row.pk for row in rows if answer.start < row.seq <= answer.head and _fits(row, question)]
        answer.rows = [framed[pk] for pk in mine]


def _fits(row: NotificationLog, question: Question) -> bool:
    """Two questions of one person share the rows that were read; each takes its own."""
    if question.namespace is not None and row.event.namespace != question.namespace:
        return False
    return question.after is not None or not (row.delivered_at or row.is_read or row.archived_at)


def _rows(which: Q) -> QuerySet[NotificationLog]:
    return NotificationLog.objects.filter(which).to_show().order_by("recipient_id", "seq")


def _framed(rows: Sequence[NotificationLog]) -> dict[int, Row]:
    """{id: its frame}, in the same order."""
    if not rows:
        return {}
    now = database_now()
    silent = wishes.silent(rows, now=now)
    return {row.pk: _frame(row, now, is_silent=row.pk in silent) for row in rows}


def _frame(row: NotificationLog, now: datetime, *, is_silent: bool) -> Row:
    body = wire.body(row, now=now, is_silent=is_silent)
    return Row(row.pk, row.seq, wire.frame_name(row.event), body[1:], row.again)


def reader() -> Gathering[Question, Backlog]:
    """Asks for many connections together: a storm of reconnects is not one query each."""
    return Gathering(read, within_s=GATHER_S)
