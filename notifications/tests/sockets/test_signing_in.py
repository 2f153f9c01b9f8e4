"""Who may come in: every way to sign in, what is refused and how, and how many may wait at the door."""

import asyncio
import uuid
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from config.sign_in import tickets, tokens
from notifications.live.threads import in_thread
from notifications.models import Connection
from notifications.sockets.consumer import NotificationConsumer
from notifications.sockets.process import MOST_PER_USER, LiveProcess
from notifications.sockets.sign_in import MOST_ARRIVING, MOST_UNSIGNED_PER_ADDRESS

from ..waiting import until
from .device import OURS, Device, access, refused

pytestmark = pytest.mark.django_db(transaction=True)


def ticket_for(user: User) -> str:
    return tickets.mint(user, grant="jwt:0", grant_expires_at=None)[0]


def cookie_of(user: User) -> str:
    browser = Client()
    browser.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


async def way_in(way: str, user: User) -> Device:
    match way:
        case "ticket":
            return await Device.open(f"ticket={await in_thread(ticket_for, user)}")
        case "token":
            return await Device.open(f"token={await in_thread(access, user)}")
        case "header":
            return await Device.open(authorization=f"Bearer {await in_thread(access, user)}")
        case "cookie":
            return await Device.open(cookie=await in_thread(cookie_of, user), origin=OURS)
        case "subprotocol":
            return await Device.open(subprotocols=["tidings.v1", await in_thread(access, user)])
        case "subprotocol ticket":
            return await Device.open(subprotocols=["tidings.v1", await in_thread(ticket_for, user)])
        case _:
            device = await Device.open()
            await device.send("authenticate", token=await in_thread(access, user))
            return device


class Hasty(NotificationConsumer):
    """Has less patience with who does not say who it is."""

    sign_in_within_s = 0.05


WAYS = ["ticket", "token", "header", "cookie", "subprotocol", "subprotocol ticket", "first frame"]


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_to_sign_in(process: LiveProcess, engineer: User, way: str) -> None:
    device = await way_in(way, engineer)
    said = await device.data("authenticated")
    assert said["user_id"] == engineer.pk
    assert (said["last_seq"], said["unread_count"], said["rev"], said["heartbeat_s"]) == (0, 0, 0, 25)
    assert said["epoch"] == await process.epoch()
    assert (said["expires_at"] is None) == (way in {"ticket", "cookie", "subprotocol ticket"})
    assert device.subprotocol == ("tidings.v1" if way.startswith("subprotocol") else None)
    assert await device.data("caught_up") == {"last_seq": 0, "rev": 0}
    row = await in_thread(Connection.objects.get)
    assert (row.pk, row.user_id, row.transport, row.ip) == (
        uuid.UUID(said["connection_id"]),
        engineer.pk,
        "websocket",
        "10.0.0.1",
    )


@pytest.mark.parametrize(
    ("offered", "code"),
    [
        ({"query": "token=nonsense"}, "token_invalid"),
        ({"query": "ticket=nonsense"}, "ticket_invalid"),
        ({"authorization": "Bearer a.b.c"}, "token_invalid"),
        ({"subprotocols": ["tidings.v1", "nonsense"]}, "ticket_invalid"),
    ],
)
async def test_what_does_not_hold_is_accepted_and_closed_4401(
    process: LiveProcess, offered: dict[str, Any], code: str
) -> None:
    device = await Device.open(offered.pop("query", ""), **offered)
    assert (await device.data("authentication_error"))["code"] == code
    assert await device.closed() == 4401


async def test_a_ticket_works_once(process: LiveProcess, engineer: User) -> None:
    ticket = await in_thread(ticket_for, engineer)
    assert await (await Device.open(f"ticket={ticket}")).data("authenticated")
    assert await (await Device.open(f"ticket={ticket}")).closed() == 4401


async def test_an_expired_a_revoked_and_an_inactive_sign_in_are_told_apart(
    process: LiveProcess, engineer: User
) -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=2), tick=False):
        expired = await in_thread(access, engineer)
    device = await Device.open(f"token={expired}")
    assert (await device.data("authentication_error"))["code"] == "token_expired"
    token = await in_thread(access, engineer)
    await in_thread(tokens.revoke, engineer.pk)
    device = await Device.open(f"token={token}")
    assert (await device.data("authentication_error"))["code"] == "token_revoked"
    token = await in_thread(access, engineer)
    await in_thread(User.objects.filter(pk=engineer.pk).update, is_active=False)
    device = await Device.open(f"token={token}")
    assert (await device.data("authentication_error"))["code"] == "inactive"
    assert await device.closed() == 4401


async def test_a_foreign_page_is_refused_at_the_handshake(process: LiveProcess, engineer: User) -> None:
    await refused(f"token={await in_thread(access, engineer)}", origin="https://evil.example")
    assert not process.arrivals.unsigned


async def test_a_cookie_without_an_origin_says_nothing(process: LiveProcess, engineer: User) -> None:
    device = await Device.open(cookie=await in_thread(cookie_of, engineer))
    await device.send("ping")
    assert (await device.data("error"))["code"] == "not_authenticated"


async def test_sockets_can_be_switched_off(process: LiveProcess, engineer: User, settings: Any) -> None:
    settings.WEBSOCKET_NOTIFICATION_ENABLED = False
    await refused(f"token={await in_thread(access, engineer)}")


async def test_an_unknown_path_is_refused(process: LiveProcess) -> None:
    await refused(path="/ws/elsewhere/")


# --- late -----------------------------------------------------------------------
async def test_whoever_says_nothing_is_closed_4408(process: LiveProcess) -> None:
    assert NotificationConsumer.sign_in_within_s == 10
    device = await Device.open(application=Hasty.as_asgi())
    assert (await device.data("authentication_error"))["code"] == "timeout"
    assert await device.closed() == 4408


async def test_whoever_signs_in_at_the_last_moment_stays(process: LiveProcess, engineer: User) -> None:
    device = await Device.open(application=Hasty.as_asgi(), query=f"token={await in_thread(access, engineer)}")
    await device.data("caught_up")
    late = await Device.open(application=Hasty.as_asgi())
    assert await late.closed() == 4408
    assert "pong" not in await device.pong()


async def test_before_signing_in_only_authenticate_and_disconnect_are_obeyed(process: LiveProcess) -> None:
    device = await Device.open()
    for event in ("ping", "ack", "resume", "mark_as_read", "seen", "nonsense"):
        await device.send(event, ref=event, id=1, last_seq=0, up_to_seq=1)
        error = await device.frame("error")
        assert (error["data"]["code"], error["ref"]) == ("not_authenticated", event)
    await device.send("disconnect")
    assert await device.closed() == 1000


@pytest.mark.parametrize("token", [None, 5, "", [], {"a": 1}])
async def test_a_token_that_is_no_text_is_an_error_and_may_be_tried_again(
    process: LiveProcess, engineer: User, token: Any
) -> None:
    device = await Device.open()
    await device.send("authenticate", token=token)
    assert (await device.data("error"))["code"] == "invalid"
    await device.send("authenticate", token=await in_thread(access, engineer))
    assert await device.data("authenticated")


async def test_a_bad_token_in_the_first_frame_is_closed_4401(process: LiveProcess) -> None:
    device = await Device.open()
    await device.send("authenticate", token="a.b.c")
    assert (await device.data("authentication_error"))["code"] == "token_invalid"
    assert await device.closed() == 4401


async def test_authenticate_takes_the_cursor_along(process: LiveProcess, engineer: User) -> None:
    device = await Device.open()
    await device.send("authenticate", token=await in_thread(access, engineer), last_seq=9)
    assert (await device.data("reset"))["last_seq"] == 0


# --- limits ---------------------------------------------------------------------
async def test_fifty_of_one_address_may_be_unsigned_and_no_more(process: LiveProcess, engineer: User) -> None:
    waiting = [await Device.open() for _ in range(MOST_UNSIGNED_PER_ADDRESS)]
    await until(lambda: process.arrivals.unsigned["10.0.0.1"] == MOST_UNSIGNED_PER_ADDRESS, "their arrival")
    assert await (await Device.open()).closed() == 4429
    assert await (await Device.of(engineer, address="10.0.0.2")).data("authenticated")
    await waiting[0].send("authenticate", token=await in_thread(access, engineer))
    await waiting[0].data("authenticated")
    await waiting[1].leave()
    assert process.arrivals.unsigned["10.0.0.1"] == MOST_UNSIGNED_PER_ADDRESS - 2
    assert await (await Device.of(engineer)).data("authenticated")


async def test_who_comes_behind_a_thousand_others_is_told_to_come_later(process: LiveProcess, engineer: User) -> None:
    with ExitStack() as others:
        for _ in range(MOST_ARRIVING):
            others.enter_context(process.arrivals.one_more())
        assert await (await Device.of(engineer)).closed() == 4429
    assert await (await Device.of(engineer)).data("authenticated")


async def test_a_sign_in_that_breaks_breaks_none_of_those_looked_up_with_it(process: LiveProcess) -> None:
    def broken() -> None:
        raise ValueError("what nobody foresaw")

    offers = (process.arrivals.who(offer) for offer in (broken, lambda: None))
    answers = await asyncio.gather(*offers, return_exceptions=True)
    assert [type(answer) for answer in answers] == [ValueError, type(None)]


async def test_a_person_may_have_twenty_connections_here_and_no_more(
    process: LiveProcess, engineer: User, outsider: User
) -> None:
    token = await in_thread(access, engineer)
    devices = await asyncio.gather(*(Device.open(f"token={token}") for _ in range(MOST_PER_USER + 5)))
    codes = []
    for device in devices:
        first = await device.next()
        assert first is not None
        codes.append(await device.closed() if first["event"] == "authentication_error" else None)
    assert codes.count(None) == MOST_PER_USER
    assert codes.count(4429) == 5
    assert await (await Device.of(outsider)).data("authenticated")
    await next(device for device, code in zip(devices, codes, strict=True) if code is None).leave()
    assert await (await Device.open(f"token={token}")).data("authenticated")


# --- when things go wrong ----------------------------------------------------------
async def test_a_failing_sign_in_closes_4503_and_leaves_no_trace(
    process: LiveProcess, settings: Any, engineer: User
) -> None:
    settings.NOTIFICATION_SIGN_IN = "notifications.tests.sockets.broken_sign_in"
    device = await Device.open()
    assert await device.closed() == 4503
    await device.leave()
    assert process.arrivals.unsigned["10.0.0.1"] == 0


async def test_a_socket_that_is_cancelled_without_a_disconnect_leaves_no_trace(
    process: LiveProcess, engineer: User
) -> None:
    device = await Device.of(engineer)
    await device.data("caught_up")
    await device.vanish()
    assert process.guests == {}
    assert process.hub.people == {}
    await until(lambda: in_thread(lambda: not Connection.objects.exists()), "the list being empty")
