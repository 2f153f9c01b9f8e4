"""Server-Sent Events: the same backlog, order and badge as the socket, for clients that only read."""

import asyncio
from contextlib import ExitStack
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import User
from django.db import connection
from httpx import AsyncClient, Limits

from config.sign_in import tokens
from notifications import inbox
from notifications.events import Audience
from notifications.live.threads import in_thread
from notifications.models import Connection, Server
from notifications.sockets.process import MOST_PER_USER, LiveProcess
from notifications.sockets.sign_in import MOST_ARRIVING
from notifications.wire import notification

from .. import crowd
from ..lost import send_silently, silently
from ..waiting import until
from .device import OURS, access
from .listening import PATH, Stream
from .served import in_a_thread
from .test_signing_in import cookie_of, ticket_for

pytestmark = pytest.mark.django_db(transaction=True)


async def send(*people: User, **fields: Any) -> None:
    await in_thread(crowd.send, *people, **fields)


async def caught_up(user: User, query: str = "", **headers: str) -> Stream:
    stream = await Stream.of(user, query, **headers)
    await stream.event("ping")
    return stream


async def test_a_stream_says_who_it_is_then_the_backlog_then_what_happens(process: LiveProcess, engineer: User) -> None:
    await send(engineer)
    stream = await Stream.of(engineer)
    assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert stream.headers["cache-control"] == "no-store"
    hello = (await stream.event("connected"))["data"]
    row = await in_thread(Connection.objects.get)
    assert hello == {
        "user_id": engineer.pk,
        "connection_id": str(row.pk),
        "last_seq": 1,
        "unread_count": 1,
        "rev": 1,
        "epoch": await process.epoch(),
        "heartbeat_s": 30,
    }
    assert row.transport == "sse"
    await stream.shown(1)
    ping = (await stream.event("ping"))["data"]
    assert (ping["last_seq"], ping["rev"]) == (1, 1)
    assert ping["timestamp"].endswith("Z")
    await send(engineer)
    await stream.shown(1, 2)
    assert (await stream.event("unread_count"))["data"] == {"unread_count": 2, "last_seq": 2, "rev": 2}


async def test_its_data_is_the_object_that_rest_shows(process: LiveProcess, engineer: User) -> None:
    stream = await caught_up(engineer)
    await send(engineer, message="two\nlines", data={"a": [1]})
    await stream.shown(1)
    row = (await in_thread(crowd.rows_of, engineer))[0]
    expected = notification(row, now=row.created_at)
    assert stream.heard[-1]["data"] == orjson.loads(orjson.dumps(expected))


async def test_a_broadcast_has_a_name_of_its_own_and_an_id(process: LiveProcess, engineer: User) -> None:
    stream = await caught_up(engineer)
    await send(audience=Audience(everyone=True), kind="system_announcement")
    event = await stream.event("system_notification")
    assert event["id"] == "1"


async def test_what_another_device_reads_is_told(process: LiveProcess, engineer: User) -> None:
    await send(engineer)
    stream = await caught_up(engineer)
    await in_thread(inbox.mark_all_as_read, engineer.pk)
    assert (await stream.event("notification_read"))["data"]["up_to_seq"] == 1
    while (await stream.event("unread_count"))["data"]["unread_count"] != 0:
        pass


async def test_a_change_whose_bell_was_lost_is_told_by_a_ping(process: LiveProcess, engineer: User) -> None:
    await in_thread(send_silently, engineer)
    stream = await caught_up(engineer)
    await in_thread(silently, inbox.mark_all_as_read, engineer.pk)
    await process.hub.check_heads(ping=True)
    assert (await stream.event("ping"))["data"]["rev"] == 2


# --- the cursor -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", {"last_event_id": "2"}),
        ("last_event_id=2", {}),
        ("last_seq=2", {}),
        ("last_event_id=0", {"last_event_id": "2"}),
    ],
)
async def test_last_event_id_resumes_and_acknowledges(
    process: LiveProcess, engineer: User, query: str, headers: dict[str, str]
) -> None:
    for _ in range(4):
        await send(engineer)
    stream = await caught_up(engineer, query, **headers)
    assert stream.ids() == [3, 4]

    async def is_acknowledged() -> bool:
        return [bool(row.delivered_at) for row in await in_thread(crowd.rows_of, engineer)] == [
            True,
            True,
            False,
            False,
        ]

    await until(is_acknowledged, "the acknowledgement")


@pytest.mark.parametrize("query", ["last_event_id=9", "last_event_id=1&epoch=another"])
async def test_a_cursor_of_another_time_is_reset(process: LiveProcess, engineer: User, query: str) -> None:
    await send(engineer)
    stream = await Stream.of(engineer, query)
    assert (await stream.event("reset"))["data"] == {"last_seq": 1, "epoch": await process.epoch()}
    await send(engineer)
    await stream.shown(2)


# --- who may listen ---------------------------------------------------------------------
@pytest.mark.parametrize("way", ["token", "ticket", "header", "cookie"])
async def test_every_way_to_sign_in(process: LiveProcess, engineer: User, way: str) -> None:
    match way:
        case "token":
            stream = Stream(f"token={await in_thread(access, engineer)}")
        case "ticket":
            stream = Stream(f"ticket={await in_thread(ticket_for, engineer)}")
        case "header":
            stream = Stream("", authorization=f"Bearer {await in_thread(access, engineer)}")
        case _:
            stream = Stream("", cookie=await in_thread(cookie_of, engineer))
    await stream.open()
    assert (await stream.event("connected"))["data"]["user_id"] == engineer.pk


@pytest.mark.parametrize(
    ("query", "code"),
    [("", "not_authenticated"), ("token=a.b.c", "token_invalid"), ("ticket=nonsense", "ticket_invalid")],
)
async def test_who_is_not_signed_in_gets_a_401(process: LiveProcess, query: str, code: str) -> None:
    stream = await Stream(query).open()
    assert (stream.status, stream.headers["www-authenticate"]) == (401, 'Bearer realm="api"')
    assert (await stream.body())["code"] == code


async def test_a_ticket_works_once(process: LiveProcess, engineer: User) -> None:
    ticket = await in_thread(ticket_for, engineer)
    assert (await Stream(f"ticket={ticket}").open()).status == 200
    assert (await Stream(f"ticket={ticket}").open()).status == 401


async def test_a_foreign_page_may_not_listen_and_a_trusted_one_may(
    process: LiveProcess, engineer: User, settings: Any
) -> None:
    assert (await Stream.of(engineer, origin="https://shop.example")).status == 403
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    stream = await Stream.of(engineer, origin="https://shop.example")
    assert stream.status == 200
    assert stream.headers["access-control-allow-origin"] == "https://shop.example"
    assert (await Stream.of(engineer, origin=OURS)).status == 200


async def test_only_get_is_answered(process: LiveProcess) -> None:
    assert (await Stream("", method="POST").open()).status == 405


@pytest.mark.parametrize("path", ["/notifications/stream", "/notifications/stream/", "/api/notifications/stream", PATH])
async def test_every_spelling_of_the_path(process: LiveProcess, path: str) -> None:
    assert (await Stream("", path=path).open()).status == 401


async def test_streams_count_as_connections(process: LiveProcess, engineer: User) -> None:
    streams = [await caught_up(engineer) for _ in range(MOST_PER_USER)]
    refused = await Stream.of(engineer)
    assert (refused.status, refused.headers["retry-after"]) == (429, "5")
    await streams[0].leave()
    assert (await Stream.of(engineer)).status == 200


async def test_who_comes_behind_a_thousand_others_is_told_to_come_later(process: LiveProcess, engineer: User) -> None:
    with ExitStack() as others:
        for _ in range(MOST_ARRIVING):
            others.enter_context(process.arrivals.one_more())
        refused = await Stream.of(engineer)
    assert (refused.status, refused.headers["retry-after"]) == (429, "5")


# --- how it ends --------------------------------------------------------------------------
async def test_it_pings_and_ends_when_its_time_is_over(process: LiveProcess, engineer: User, settings: Any) -> None:
    settings.SSE_HEARTBEAT_INTERVAL = 0.1
    settings.SSE_CONNECTION_TIMEOUT = 0.35
    stream = await Stream.of(engineer)
    assert (await stream.end()).count("ping") >= 3
    await until(lambda: not process.guests, "leaving")


async def test_revoking_ends_it(process: LiveProcess, engineer: User) -> None:
    stream = await caught_up(engineer)
    await in_thread(tokens.revoke, engineer.pk)
    await stream.end()
    assert process.hub.people == {}


async def test_draining_ends_it_and_refuses_the_next(process: LiveProcess, engineer: User) -> None:
    stream = await caught_up(engineer)
    await process.drain(0.1)
    await stream.end()
    assert (await Stream.of(engineer)).status == 503
    assert not await in_thread(Server.objects.exists)


async def test_who_has_left_is_neither_rung_nor_listed(process: LiveProcess, engineer: User) -> None:
    stream = await caught_up(engineer)
    await stream.leave()
    assert not process.hub.people
    assert not process.guests
    await until(lambda: in_thread(lambda: not Connection.objects.exists()), "the list being empty")


@pytest.fixture
def own_connection(transactional_db: None) -> int:
    """The one that pytest keeps for the test."""
    if connection.vendor != "postgresql":
        pytest.skip("only Postgres has connections to run out of")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


async def test_fifty_open_streams_hold_no_database_connection(own_connection: int) -> None:
    people = await in_thread(lambda: [crowd.make_person() for _ in range(5)])
    async with in_a_thread() as served, AsyncClient(limits=Limits(max_connections=60), timeout=30) as client:
        listeners = [asyncio.ensure_future(_listen(client, served.address, people[i % 5])) for i in range(50)]
        await until(lambda: served.do(_all_are_here), "their arrival", 60)
        await until(lambda: in_thread(lambda: _others_in_the_database(own_connection) == 0), "giving back")
        for listener in listeners:
            listener.cancel()
        await asyncio.wait(listeners)


async def _listen(client: AsyncClient, address: str, user: User) -> None:
    token = await in_thread(access, user)
    async with client.stream("GET", f"http://{address}{PATH}", headers={"authorization": f"Bearer {token}"}) as answer:
        async for _ in answer.aiter_lines():
            pass


async def _all_are_here(process: LiveProcess) -> bool:
    return len([guest for guest in process.guests.values() if guest.connection.live]) == 50


def _others_in_the_database(own: int) -> int:
    """How many besides the test's own and the one that asks."""
    sql = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid NOT IN (%s, pg_backend_pid())"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [own])
        return int(cursor.fetchone()[0])
