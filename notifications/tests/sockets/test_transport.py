"""What needs a real server between: sizes, close codes and refusals on the wire, slow readers, the end of a process."""

import asyncio
import gc
import json
import socket
import weakref
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from config.running.framing import FramingProtocol
from config.sign_in import tokens
from notifications.live.threads import in_thread
from notifications.models import AuditEntry, Server
from notifications.sockets.process import Guest

from .. import crowd
from ..waiting import PATIENCE_S, until
from .served import Served, in_a_process, in_a_thread

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


@pytest.fixture
async def served(transactional_db: None) -> AsyncIterator[Served]:
    async with in_a_thread() as made:
        yield made


async def frame(client: ClientConnection, event: str) -> dict[str, Any]:
    """The next frame of this event."""
    while True:
        said = json.loads(await asyncio.wait_for(client.recv(), PATIENCE_S))
        if said["event"] == event:
            return dict(said)


async def close_code(client: ClientConnection) -> int | None:
    with pytest.raises(ConnectionClosed):
        while True:
            await asyncio.wait_for(client.recv(), PATIENCE_S)
    return client.close_code


async def test_a_notification_travels_over_the_wire(served: Served, engineer: User) -> None:
    client = await served.connect(engineer, user_agent_header="Tidings/1")
    assert (await frame(client, "authenticated"))["data"]["user_id"] == engineer.pk
    await frame(client, "caught_up")
    await in_thread(crowd.send, engineer, data={"map": "x" * 100_000})
    said = await frame(client, "notification")
    assert (said["prev"], said["data"]["seq"], len(said["data"]["data"]["map"])) == (0, 1, 100_000)


async def test_a_megabyte_is_closed_and_nobody_else_notices(served: Served, engineer: User, outsider: User) -> None:
    client, other = await served.connect(engineer), await served.connect(outsider)
    await frame(client, "caught_up")
    await frame(other, "caught_up")
    await client.send("x" * 1_000_000)
    assert await close_code(client) in {1009, 4413}
    await in_thread(crowd.send, outsider)
    await frame(other, "notification")


async def test_a_flood_is_closed_4429_and_nobody_else_notices(served: Served, engineer: User, outsider: User) -> None:
    client, other = await served.connect(engineer), await served.connect(outsider)
    await frame(client, "caught_up")
    await frame(other, "caught_up")
    for _ in range(1000):
        await client.send('{"event": "ping"}')
    assert await close_code(client) == 4429
    await in_thread(crowd.send, outsider)
    await frame(other, "notification")


async def test_a_refused_sign_in_is_told_by_a_code_that_browsers_see(served: Served) -> None:
    client = await served.open("token=nonsense")
    assert (await frame(client, "authentication_error"))["data"]["code"] == "token_invalid"
    assert await close_code(client) == 4401


async def test_a_foreign_page_gets_a_403_and_an_unknown_path_a_404(served: Served, engineer: User) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        await served.connect(engineer, origin="https://evil.example")
    assert refusal.value.response.status_code == 403
    with pytest.raises(InvalidStatus) as refusal:
        await served.open(path="/ws/elsewhere/")
    assert refusal.value.response.status_code == 404


async def test_our_own_page_is_let_in_and_the_protocol_is_answered(served: Served, engineer: User) -> None:
    token = await in_thread(lambda: tokens.issue(engineer)["access"])
    client = await served.open(origin=f"http://{served.address}", subprotocols=["tidings.v1", token])
    assert client.subprotocol == "tidings.v1"
    await frame(client, "authenticated")


async def test_text_that_is_not_utf_8_hurts_nobody_else(served: Served, engineer: User) -> None:
    client, other = await served.connect(engineer), await served.connect(engineer)
    await frame(client, "caught_up")
    await frame(other, "caught_up")
    await client.send(b"\xff\xfe", text=True)
    assert await close_code(client) == 1007
    await other.send('{"event": "ping"}')
    await frame(other, "pong")


async def test_a_client_that_is_cut_off_leaves_the_hub(served: Served, engineer: User) -> None:
    client = await served.connect(engineer)
    await frame(client, "caught_up")
    client.transport.abort()
    await until(lambda: served.do(_nobody), "leaving")


@pytest.mark.parametrize("leave", ["close", "abort"])
async def test_who_has_left_leaves_nothing_for_the_garbage_collector(
    served: Served, engineer: User, leave: str
) -> None:
    client = await served.connect(engineer)
    await frame(client, "caught_up")
    left = weakref.WeakSet(one for one in gc.get_objects() if type(one) in {FramingProtocol, Guest})
    assert len(left) == 2
    gc.disable()
    try:
        await (client.close() if leave == "close" else _abort(client))
        await until(lambda: not left, "everything of it being let go")
    finally:
        gc.enable()


async def _abort(client: ClientConnection) -> None:
    client.transport.abort()


async def _nobody(process: Any) -> bool:
    return not process.hub.people and not process.guests


async def test_a_reader_who_does_not_read_gets_everything_later(engineer: User) -> None:
    async with in_a_thread(send_buffer=4096) as served:
        client = await served.connect(engineer, sock=_with_little_room(served.address), max_queue=1)
        await frame(client, "caught_up")
        count = 0
        while not await served.do(_somebody_is_behind):
            await in_thread(crowd.send, engineer, data={"map": "x" * 15_000})
            count += 1
            assert count < 500, "it all went somewhere"
        for _ in range(3):
            await in_thread(crowd.send, engineer)
        for seq in range(1, count + 4):
            said = await frame(client, "notification")
            assert (said["prev"], said["data"]["seq"]) == (seq - 1, seq)


def _with_little_room(address: str) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    host, port = address.split(":")
    made.connect((host, int(port)))
    return made


async def _somebody_is_behind(process: Any) -> bool:
    return any(guest.connection.behind_since for guest in process.guests.values())


# --- processes ------------------------------------------------------------------------
async def test_sigterm_sends_everybody_elsewhere_with_4503(engineer: User) -> None:
    async with in_a_process("manage.py", "serve", "--port", "{port}") as (served, child):
        clients = [await served.connect(engineer) for _ in range(3)]
        for client in clients:
            await frame(client, "caught_up")
        child.terminate()
        for client in clients:
            assert (await frame(client, "reconnect"))["data"]["after_ms"] >= 0
            assert await close_code(client) == 4503
        await until(lambda: child.poll() is not None, "the end of the process")
    assert not await in_thread(Server.objects.exists)
    audited = await in_thread(lambda: list(AuditEntry.objects.filter(action="connection.closed")))
    assert len(audited) == 3


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "daphne", "-b", "127.0.0.1", "-p", "{port}", "config.asgi:application"],
        ["manage.py", "runserver", "--noreload", "127.0.0.1:{port}"],
    ],
    ids=["daphne", "runserver"],
)
async def test_it_works_under_daphne(engineer: User, command: list[str]) -> None:
    async with in_a_process(*command) as (served, _):
        client = await served.connect(engineer)
        await frame(client, "caught_up")
        await in_thread(crowd.send, engineer)
        row = (await frame(client, "notification"))["data"]
        await client.send(json.dumps({"event": "mark_as_read", "data": {"id": row["id"]}}))
        assert (await frame(client, "notification_read"))["data"]["ids"] == [row["id"]]
        await client.send(json.dumps({"event": "disconnect"}))
        assert await close_code(client) == 1000
        with pytest.raises(InvalidStatus) as refusal:
            await served.connect(engineer, origin="https://evil.example")
        assert refusal.value.response.status_code == 403
        refused = await served.open("token=nonsense")
        assert await close_code(refused) == 4401
