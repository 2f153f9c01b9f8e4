"""What ends an open connection, and what keeps it: expiry, revocation, a fresh token, a slow reader, the lease."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from config.sign_in import tickets, tokens
from config.sign_in.models import TokenVersion
from notifications.live.bell import Bell
from notifications.live.rings import SignOutRing
from notifications.live.threads import in_thread
from notifications.models import AuditEntry, Connection, NotificationLog, Server
from notifications.sockets.process import SLOW_FOR_S, LiveProcess

from .. import crowd
from ..waiting import until
from .device import OURS, Device, access
from .test_signing_in import cookie_of

pytestmark = pytest.mark.django_db(transaction=True)


async def caught_up(user: User, **how: Any) -> Device:
    device = await Device.of(user, **how)
    await device.data("caught_up")
    return device


async def token_until(user: User, seconds: int) -> str:
    """One that expires so many seconds from now."""

    def make() -> str:
        with time_machine.travel(timezone.now() - timedelta(minutes=60, seconds=-seconds), tick=False):
            return access(user)

    return await in_thread(make)


async def renew_in(process: LiveProcess, seconds: int) -> None:
    """The renewal of so many seconds from now."""
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=False):
        await process.renew()


# --- tokens -------------------------------------------------------------------------
async def test_a_token_that_expires_on_an_open_socket_closes_it_4401(process: LiveProcess, engineer: User) -> None:
    short = await Device.open(f"token={await token_until(engineer, 20)}")
    await short.data("caught_up")
    stays = await caught_up(engineer)
    await process.renew()
    assert "error" not in await short.pong()
    await renew_in(process, 21)
    assert await short.closed() == 4401
    assert "error" not in await stays.pong()


async def test_a_fresh_token_keeps_the_socket(process: LiveProcess, engineer: User) -> None:
    device = await Device.open(f"token={await token_until(engineer, 20)}")
    first = await device.data("authenticated")
    await device.data("caught_up")
    await device.send("authenticate", ref="again", token=await in_thread(access, engineer))
    frame = await device.frame("authenticated")
    assert frame["ref"] == "again"
    assert frame["data"]["connection_id"] == first["connection_id"]
    assert frame["data"]["expires_at"] > first["expires_at"]
    await renew_in(process, 21)
    await in_thread(crowd.send, engineer)
    await device.shown(1)


@pytest.mark.parametrize("token", ["nonsense", "a.b.c"])
async def test_a_bad_later_token_is_an_error_and_the_old_one_still_holds(
    process: LiveProcess, engineer: User, token: str
) -> None:
    device = await caught_up(engineer)
    await device.send("authenticate", token=token)
    assert (await device.data("error"))["code"] in {"ticket_invalid", "token_invalid"}
    await device.pong()


async def test_another_persons_token_is_refused_on_an_open_socket(
    process: LiveProcess, engineer: User, outsider: User
) -> None:
    device = await caught_up(engineer)
    await device.send("authenticate", token=await in_thread(access, outsider))
    assert (await device.data("error"))["code"] == "wrong_user"
    await in_thread(crowd.send, engineer)
    await device.shown(1)


async def test_the_expiry_of_a_ticket_is_that_of_what_made_it(process: LiveProcess, engineer: User) -> None:
    soon = timezone.now() + timedelta(seconds=20)
    ticket, _ = await in_thread(lambda: tickets.mint(engineer, grant="jwt:0", grant_expires_at=soon))
    device = await Device.open(f"ticket={ticket}")
    assert (await device.data("authenticated"))["expires_at"] == soon.isoformat().replace("+00:00", "Z")
    await device.data("caught_up")
    await renew_in(process, 21)
    assert await device.closed() == 4401


# --- revocation ----------------------------------------------------------------------
@pytest.mark.parametrize("noticed", ["by the ring", "by the ring of another process", "by the heartbeat"])
async def test_revoking_closes_that_persons_sockets(
    process: LiveProcess, engineer: User, outsider: User, elsewhere: Bell, noticed: str
) -> None:
    phone, laptop, other = [await caught_up(user) for user in (engineer, engineer, outsider)]
    if noticed == "by the ring":
        await in_thread(tokens.revoke, engineer.pk)
    else:
        await in_thread(lambda: TokenVersion.objects.create(user=engineer, version=1))
        if noticed == "by the heartbeat":
            await process.check_sign_ins()
        else:
            elsewhere.ring(SignOutRing(engineer.pk))
    assert await phone.closed() == await laptop.closed() == 4401
    await in_thread(crowd.send, outsider)
    await other.shown(1)


async def test_a_sign_out_ring_closes_nobody_whose_sign_in_holds(process: LiveProcess, engineer: User) -> None:
    device = await caught_up(engineer)
    process.hub.hear([SignOutRing(engineer.pk)])
    await process.check_sign_ins()
    assert "error" not in await device.pong()


async def test_signing_out_closes_the_sockets_of_that_session_alone(process: LiveProcess, engineer: User) -> None:
    browser = Client()
    await in_thread(browser.force_login, engineer)
    cookie = f"sessionid={browser.cookies['sessionid'].value}"
    page = await Device.open(cookie=cookie, origin=OURS)
    other = await Device.open(cookie=await in_thread(cookie_of, engineer), origin=OURS)
    await page.data("caught_up")
    await other.data("caught_up")
    await in_thread(browser.post, "/logout/")
    assert await page.closed() == 4401
    assert "error" not in await other.pong()


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
async def test_whoever_may_no_longer_be_here_is_closed_4401(
    process: LiveProcess, admin: User, change: dict[str, bool]
) -> None:
    device = await caught_up(admin, path="/ws/admin/")
    await in_thread(User.objects.filter(pk=admin.pk).update, **change)
    await process.check_sign_ins()
    assert await device.closed() == 4401


async def test_who_is_no_longer_staff_cannot_stay_with_a_fresh_token(process: LiveProcess, admin: User) -> None:
    device = await caught_up(admin, path="/ws/admin/")
    await in_thread(User.objects.filter(pk=admin.pk).update, is_staff=False)
    await device.send("authenticate", token=await in_thread(access, admin))
    assert await device.closed() == 4403


async def test_who_was_turned_out_hears_nothing_more(process: LiveProcess, engineer: User) -> None:
    device = await caught_up(engineer)
    await in_thread(TokenVersion.objects.create, user=engineer, version=1)
    await process.check_sign_ins()
    await in_thread(crowd.send, engineer)
    await device.send("ping")
    assert await device.closed() == 4401
    assert device.seqs() == []
    await device.leave()
    assert process.hub.people == {}


async def test_all_sign_ins_are_checked_with_a_constant_number_of_queries(
    process: LiveProcess, django_assert_max_num_queries: Any
) -> None:
    people = [await in_thread(crowd.make_person) for _ in range(6)]
    devices = [await caught_up(user) for user in people]
    counted = await in_thread(_queries_of_lapsed, [guest.identity for guest in process.guests.values()])
    assert counted <= 2
    assert len(devices) == 6


def _queries_of_lapsed(identities: list[Any]) -> int:
    from django.test.utils import CaptureQueriesContext

    from config.sign_in import handshake

    with CaptureQueriesContext(connection) as captured:
        assert handshake.lapsed(identities) == set()
    return len([query for query in captured if query["sql"].startswith("SELECT")])


# --- slow readers and leases ------------------------------------------------------------
async def test_who_stays_behind_for_too_long_is_closed_4409(process: LiveProcess, engineer: User) -> None:
    device = await caught_up(engineer)
    slow = next(iter(process.guests.values())).connection
    slow.behind_since = asyncio.get_running_loop().time() - SLOW_FOR_S + 5
    await process.renew()
    assert "error" not in await device.pong()
    slow.behind_since -= 6
    await process.renew()
    assert await device.closed() == 4409


async def test_a_reader_who_takes_not_even_the_close_frame_holds_up_nobody(
    process: LiveProcess, engineer: User
) -> None:
    device = await caught_up(engineer)
    guest = next(iter(process.guests.values()))
    guest.connection.wire.send = _never  # type: ignore[method-assign,assignment]
    guest.connection.behind_since = 1.0
    await in_thread(Server.objects.update, lease_until=datetime(2020, 1, 1, tzinfo=UTC))
    await process.renew()
    lease = await in_thread(lambda: Server.objects.get().lease_until)
    assert lease > timezone.now()
    assert guest.connection.closed
    assert device.code is None


async def _never(message: object) -> None:
    await asyncio.Event().wait()


async def test_an_open_socket_is_listed_and_a_closed_one_is_not(process: LiveProcess, engineer: User) -> None:
    device = await caught_up(engineer, user_agent="Tidings/1")
    row = await in_thread(Connection.objects.get)
    assert (row.user_id, row.transport, row.user_agent) == (engineer.pk, "websocket", "Tidings/1")
    await device.leave()
    await until(lambda: in_thread(lambda: not Connection.objects.exists()), "the list being empty")
    actions = await in_thread(lambda: list(AuditEntry.objects.order_by("id").values_list("action", flat=True)))
    assert actions == ["connection.opened", "connection.closed"]


# --- going away --------------------------------------------------------------------------
async def test_draining_sends_everybody_elsewhere_and_signs_off(process: LiveProcess, engineer: User) -> None:
    device = await caught_up(engineer)
    waiting = await Device.open()
    draining = asyncio.ensure_future(process.drain(0.2))
    assert 0 <= (await device.data("reconnect"))["after_ms"] <= 200
    assert await device.closed() == 4503
    assert await (await Device.of(engineer)).closed() == 4503
    await waiting.send("authenticate", token=await in_thread(access, engineer))
    assert await waiting.closed() == 4503
    await draining
    assert not await in_thread(Server.objects.exists)
    actions = await in_thread(lambda: list(AuditEntry.objects.order_by("id").values_list("action", flat=True)))
    assert actions == ["connection.opened", "connection.closed"]


async def test_a_stuck_reader_does_not_keep_the_server_from_signing_off(process: LiveProcess, engineer: User) -> None:
    device = await caught_up(engineer)
    next(iter(process.guests.values())).connection.wire.send = _never  # type: ignore[method-assign,assignment]
    await asyncio.wait_for(process.drain(0.1), 10)
    assert not await in_thread(Server.objects.exists)
    assert device.code is None


def out_of_reach(model: type[Model], *, again: bool = False) -> None:
    """Its table has another name, and then its own again."""
    names = [model._meta.db_table, "out_of_reach"]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE {} RENAME TO {}".format(*(names[::-1] if again else names)))


async def has_failed(caplog: pytest.LogCaptureFixture) -> None:
    await until(lambda: "not written" in caplog.text, "a failed attempt")


async def test_who_left_while_the_database_was_away_is_no_ghost(
    process: LiveProcess, engineer: User, caplog: pytest.LogCaptureFixture
) -> None:
    device = await caught_up(engineer)
    with caplog.at_level(logging.DEBUG, "tidings.sockets"):
        await in_thread(out_of_reach, Connection)
        await device.leave()
        await has_failed(caplog)
    await in_thread(out_of_reach, Connection, again=True)
    await until(lambda: in_thread(lambda: not Connection.objects.exists()), "the row of who has left goes")


async def test_a_cursor_that_could_not_be_written_is_written_later(
    process: LiveProcess, engineer: User, caplog: pytest.LogCaptureFixture
) -> None:
    device = await caught_up(engineer)
    await in_thread(crowd.send, engineer)
    await device.shown(1)
    connected = next(iter(process.guests.values())).connection
    with caplog.at_level(logging.DEBUG, "tidings.sockets"):
        await in_thread(out_of_reach, NotificationLog)
        process.acknowledge_cursor(connected, 1)
        await has_failed(caplog)
    await in_thread(out_of_reach, NotificationLog, again=True)
    await until(lambda: connected.owed_cursors == 0, "the cursor being written")
    assert [row.delivered_at is not None for row in await in_thread(crowd.rows_of, engineer)] == [True]
