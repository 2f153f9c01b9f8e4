"""Tickets: once, soon, and no longer than what they were made of."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from config.sign_in import handshake, tickets, tokens
from config.sign_in.models import SocketTicket
from notifications.sockets.sign_in import Identity, Refused

from .conftest import access, bearing, session_of, signed_in

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def ticket_of(client: APIClient) -> str:
    answer = client.post("/api/socket-ticket/")
    assert answer.status_code == 200, answer.content
    return str(answer.json()["ticket"])


def refusal(ticket: str) -> str:
    with pytest.raises(Refused) as refused:
        handshake.from_token(ticket)
    return refused.value.code


@pytest.mark.parametrize("slash", ["/", ""])
def test_a_ticket_is_for_half_a_minute(engineer: User, slash: str) -> None:
    with time_machine.travel(NOW, tick=False):
        answer = bearing(access(engineer)).post(f"/api/socket-ticket{slash}")
    assert set(answer.json()) == {"ticket", "expires_at"}
    assert answer.json()["expires_at"] == "2026-11-21T09:00:30Z"
    assert "no-store" in answer["Cache-Control"]


def test_a_ticket_of_a_token_inherits_its_expiry_and_version(engineer: User) -> None:
    tokens.revoke(engineer.pk)
    with time_machine.travel(NOW, tick=False) as clock:
        token = access(User.objects.get(pk=engineer.pk))
        clock.shift(timedelta(minutes=10))
        identity = handshake.from_token(ticket_of(bearing(token)))
    assert identity == Identity(engineer.pk, "engineer", False, NOW + timedelta(hours=1), "jwt:1")


def test_a_ticket_of_a_session_has_no_expiry_of_its_own(engineer: User) -> None:
    browser = signed_in(engineer)
    identity = handshake.from_token(ticket_of(browser))
    assert identity == Identity(engineer.pk, "engineer", False, None, f"session:{session_of(browser)}")


def test_a_ticket_works_once(engineer: User) -> None:
    ticket = ticket_of(bearing(access(engineer)))
    assert handshake.from_token(ticket).user_id == engineer.pk
    assert refusal(ticket) == "ticket_invalid"


def test_a_ticket_lapses_after_30_seconds(engineer: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        in_time, late = ticket_of(bearing(access(engineer))), ticket_of(bearing(access(engineer)))
        clock.shift(timedelta(seconds=29))
        assert handshake.from_token(in_time).user_id == engineer.pk
        clock.shift(timedelta(seconds=1))
        assert refusal(late) == "ticket_invalid"


@pytest.mark.django_db
@pytest.mark.parametrize("junk", ["", "x", "\x00", "\ud800", "x" * 43, "x" * 70_000])
def test_junk_is_no_ticket(junk: str) -> None:
    assert refusal(junk) == "ticket_invalid"


@pytest.mark.django_db(transaction=True)
def test_of_several_who_redeem_one_ticket_at_once_one_wins(engineer: User) -> None:
    rounds = [tickets.mint(engineer, grant="jwt:0", grant_expires_at=None)[0] for _ in range(20)]
    start = threading.Barrier(4)

    def won(ticket: str) -> bool:
        start.wait(30)
        try:
            return handshake.from_token(ticket).user_id == engineer.pk
        except Refused:
            return False

    def play() -> list[bool]:
        try:
            return [won(ticket) for ticket in rounds]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        players = [pool.submit(play) for _ in range(4)]
    wins = zip(*(player.result() for player in players), strict=True)
    assert [sum(of_round) for of_round in wins] == [1] * len(rounds)


def test_nothing_in_the_table_opens_a_socket(engineer: User) -> None:
    ticket = ticket_of(bearing(access(engineer)))
    (row,) = SocketTicket.objects.values()
    assert ticket not in str(row)
    assert refusal(row["digest"]) == "ticket_invalid"


def test_a_ticket_does_not_outlive_its_token(engineer: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        token = access(engineer)
        clock.shift(timedelta(minutes=59, seconds=50))
        ticket = ticket_of(bearing(token))
        clock.shift(timedelta(seconds=10))
        assert refusal(ticket) == "token_expired"


def test_revoking_ends_tickets_of_tokens_and_logging_out_those_of_the_session(engineer: User) -> None:
    browser = signed_in(engineer)
    of_token, of_session = ticket_of(bearing(access(engineer))), ticket_of(browser)
    tokens.revoke(engineer.pk)
    assert refusal(of_token) == "token_revoked"
    assert handshake.from_token(of_session).user_id == engineer.pk
    of_session = ticket_of(browser)
    browser.logout()
    assert refusal(of_session) == "token_revoked"


def test_a_deactivated_persons_ticket_is_refused(engineer: User) -> None:
    ticket = ticket_of(bearing(access(engineer)))
    User.objects.filter(pk=engineer.pk).update(is_active=False)
    assert refusal(ticket) == "inactive"


@pytest.mark.django_db
def test_a_ticket_needs_a_sign_in(api: APIClient) -> None:
    answer = api.post("/api/socket-ticket/")
    assert answer.status_code == 401
    assert set(answer.json()) == {"detail", "code"}


def test_a_sign_in_that_can_not_be_inherited_makes_no_ticket(api: APIClient, engineer: User) -> None:
    api.force_authenticate(engineer)
    answer = api.post("/api/socket-ticket/")
    assert (answer.status_code, answer.json()["code"]) == (403, "ticket_not_possible")
    assert not SocketTicket.objects.exists()


def test_a_ticket_is_no_token_for_the_api(engineer: User) -> None:
    ticket = ticket_of(bearing(access(engineer)))
    assert bearing(ticket).post("/api/socket-ticket/").status_code == 401
    assert handshake.from_token(ticket).user_id == engineer.pk


def test_minting_sweeps_a_few_old_tickets_and_no_good_one(engineer: User) -> None:
    past = timezone.now() - timedelta(hours=1)
    old = {"user": engineer, "grant": "jwt:0", "created_at": past, "expires_at": past}
    SocketTicket.objects.bulk_create(SocketTicket(digest=str(n), **old) for n in range(tickets.SWEPT_AT_ONCE + 5))
    good = ticket_of(bearing(access(engineer)))
    assert SocketTicket.objects.filter(expires_at=past).count() == 5
    ticket_of(bearing(access(engineer)))
    assert SocketTicket.objects.filter(expires_at=past).count() == 0
    assert handshake.from_token(good).user_id == engineer.pk


def test_minting_costs_the_same_however_many_there_are(engineer: User, django_assert_max_num_queries: Any) -> None:
    for _ in range(3):
        with django_assert_max_num_queries(5):  # savepoint, insert, look, delete, release
            tickets.mint(engineer, grant="jwt:0", grant_expires_at=None)
