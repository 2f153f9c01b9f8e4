"""Pages, limit and offset, and cursors; and that no list grows more queries with its rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import inbox
from notifications.live.hub import read_epoch
from notifications.models import Event, Inbox
from notifications.tests.crowd import rows_of, send

from .people import client_of, get, refusal

LIST = "/api/notifications/"
Notify = Callable[..., Event]


@pytest.fixture
def engineer(people: dict[str, User], django_capture_on_commit_callbacks: Any) -> User:
    """With 23 notifications."""
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(23):
            send(people["engineer"])
    return people["engineer"]


def seqs(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [one["seq"] for one in answer.json()["results"]]


def walk(person: User, path: str, direction: str = "next") -> list[list[int]]:
    """The pages that the links lead through."""
    pages, url = [], path
    while url:
        answer = client_of(person).get(url)
        pages.append(seqs(answer))
        url = answer.json()[direction]
    return pages


def down(first: int, last: int) -> list[int]:
    return list(range(first, last - 1, -1))


def test_pages_of_twenty_unless_asked_otherwise(engineer: User) -> None:
    answer = get(engineer, LIST).json()
    assert (answer["count"], answer["previous"]) == (23, None)
    assert answer["next"] == "http://testserver/api/notifications/?page=2"
    assert walk(engineer, LIST) == [down(23, 4), down(3, 1)]
    assert walk(engineer, f"{LIST}?page=3&page_size=10", "previous") == [down(3, 1), down(13, 4), down(23, 14)]
    assert seqs(get(engineer, LIST, page_size=1000)) == down(23, 1)


def test_limit_and_offset(engineer: User) -> None:
    assert seqs(get(engineer, LIST, offset=20)) == [3, 2, 1]
    assert walk(engineer, f"{LIST}?limit=10") == [down(23, 14), down(13, 4), down(3, 1)]
    assert walk(engineer, f"{LIST}?limit=10&offset=15", "previous") == [down(8, 1), down(18, 9), down(23, 14)]
    beyond = get(engineer, LIST, limit=5, offset=1000).json()
    assert (beyond["count"], beyond["results"], beyond["next"]) == (23, [], None)


def test_a_cursor_goes_on_in_its_direction(engineer: User) -> None:
    older = get(engineer, LIST, before=10, limit=4).json()
    assert (older["count"], older["previous"]) == (None, None)
    assert walk(engineer, f"{LIST}?before=10&limit=4") == [[9, 8, 7, 6], [5, 4, 3, 2], [1]]
    assert walk(engineer, f"{LIST}?after=15&page_size=4") == [[16, 17, 18, 19], [20, 21, 22, 23]]
    assert walk(engineer, f"{LIST}?after=0") == [list(range(1, 24))]
    assert seqs(get(engineer, LIST, after=23)) == []


def test_a_cursor_does_not_move_when_something_new_comes(engineer: User, notify_to: Notify) -> None:
    first = get(engineer, LIST, before=24, limit=10).json()
    notify_to(engineer)
    assert seqs(client_of(engineer).get(first["next"])) == down(13, 4)


def test_links_keep_the_filters(engineer: User) -> None:
    link = get(engineer, LIST, page_size=5, priority="normal").json()["next"]
    assert "priority=normal" in link
    assert "page_size=5" in link


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"page": "x"}, "page"),
        ({"page": "0"}, "page"),
        ({"page": "-1"}, "page"),
        ({"page": "²"}, "page"),
        ({"page_size": "0"}, "page_size"),
        ({"page_size": "many"}, "page_size"),
        ({"limit": "x"}, "limit"),
        ({"limit": "0"}, "limit"),
        ({"limit": "-5"}, "limit"),
        ({"offset": "x"}, "offset"),
        ({"offset": "9" * 30}, "offset"),
        ({"offset": str(2**63 - 1)}, "offset"),
        ({"before": "x"}, "before"),
        ({"before": "-1"}, "before"),
        ({"before": str(2**63)}, "before"),
        ({"after": "1.5"}, "after"),
        ({"after": "1", "before": "9"}, "after"),
        ({"after": "1", "limit": "x"}, "limit"),
        ({"after": "1", "ordering": "priority"}, "ordering"),
    ],
)
def test_nonsense_is_refused_by_name(query: dict[str, str], named: str, people: dict[str, User]) -> None:
    assert named in refusal(get(people["engineer"], LIST, **query))


@pytest.mark.parametrize("page", ["3", "999999999999999999"])
def test_a_page_beyond_the_end_is_a_404(page: str, engineer: User) -> None:
    refusal(get(engineer, LIST, page=page), 404)


def test_the_first_page_of_nothing_is_empty(people: dict[str, User]) -> None:
    assert get(people["outsider"], LIST).json() == {"count": 0, "next": None, "previous": None, "results": []}


def test_the_browsable_pages_lead_on(engineer: User) -> None:
    for query in ("", "?limit=5", "?before=20&limit=5"):
        page = client_of(engineer).get(f"{LIST}{query}", headers={"Accept": "text/html"}).content.decode()
        assert "Next" in page
        assert ("page=2" in page) or ("offset=5" in page) or ("before=15" in page)


LISTS = [
    *(f"{LIST}{query}" for query in ("", "?limit=100", "?before=1000", "?after=0", "unread/", "unread_count/")),
    *(f"{LIST}{query}" for query in ("?search=lift&tag=x&ordering=-priority", "unread/?priority=normal")),
]


def queries(person: User, path: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client_of(person).get(path).status_code == 200
    return len(seen)


@pytest.mark.parametrize("path", [LIST, f"{LIST}unread/"])
@pytest.mark.parametrize("query", ["", "?page_size=2", "?page=2&page_size=2", "?offset=1", "?before=6", "?after=2"])
def test_the_plain_lists_are_those_that_filters_would_give(
    path: str, query: str, people: dict[str, User], django_capture_on_commit_callbacks: Any
) -> None:
    """The one is asked by prepared SQL, the other by the ORM; a search for nothing in particular tells them apart."""
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(9):
            send(people["engineer"], message="It is back.", data={"n": number}, tags=["a"])
    rows = rows_of(people["engineer"])
    inbox.mark_as_read(people["engineer"].pk, [rows[7].pk])
    inbox.archive(people["engineer"].pk, [rows[5].pk])
    inbox.delete(people["engineer"].pk, [rows[4].pk])
    plain = get(people["engineer"], f"{path}{query}").json()
    searched = get(people["engineer"], f"{path}{query or '?'}&search=back").json()
    assert plain["results"]
    assert (plain["count"], plain["results"]) == (searched["count"], searched["results"])


def test_a_hundred_rows_take_as_many_queries_as_one(
    people: dict[str, User], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        send(people["engineer2"])
        for _ in range(100):
            send(people["engineer"])
    assert len(rows_of(people["engineer"])) == 100
    read_epoch()  # the row of the installation is made when it is first asked for
    many = {path: queries(people["engineer"], path) for path in LISTS}
    assert many == {path: queries(people["engineer2"], path) for path in LISTS}
    assert max(many.values()) <= 5  # who it is, how many, the page, the clock, whether their quiet hours reign


@pytest.mark.parametrize("path", [LIST, f"{LIST}unread/"])
def test_the_plain_lists_are_counted_by_the_inbox_and_not_row_by_row(path: str, engineer: User) -> None:
    """So that the page of somebody with 100,000 rows costs what anybody's costs."""
    Inbox.objects.filter(pk=engineer.pk).update(listed_count=1000, unread_count=1000)
    assert get(engineer, path).json()["count"] == 1000
    assert get(engineer, path, priority="normal").json()["count"] == 23
