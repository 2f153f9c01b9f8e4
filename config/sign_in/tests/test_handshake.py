"""Who is behind a socket or a stream, and who may stay."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.sign_in import handshake, tickets, tokens
from notifications.sockets.sign_in import Identity, Refused, sign_in

from .conftest import Scope, access, session_of, signed_in, socket, stream

OURS = "http://testserver"
Door = Callable[..., Scope]


def refusal(scope: Scope) -> str:
    with pytest.raises(Refused) as refused:
        handshake.from_handshake(scope)
    return refused.value.code


def ticket_for(user: User) -> str:
    return tickets.mint(user, grant="jwt:0", grant_expires_at=None)[0]


def who(scope: Scope) -> int | None:
    identity = handshake.from_handshake(scope)
    return identity.user_id if identity else None


def test_the_engine_finds_this_module_by_its_setting() -> None:
    assert sign_in() is handshake


# --- what may be offered ------------------------------------------------------
def test_every_way_of_offering_a_token_or_a_ticket_works(engineer: User, door: Door) -> None:
    assert who(door(f"token={access(engineer)}")) == engineer.pk
    assert who(door(f"last_seq=4&ticket={ticket_for(engineer)}")) == engineer.pk
    assert who(door(authorization=f"Bearer {access(engineer)}")) == engineer.pk


def test_a_browser_offers_it_beside_the_subprotocol(engineer: User) -> None:
    for credential in (access(engineer), ticket_for(engineer)):
        scope = socket(subprotocols=["tidings.v1", credential])
        assert who(scope) == engineer.pk
        assert handshake.subprotocol(scope) == "tidings.v1"


def test_subprotocols_of_others_are_neither_answered_nor_read(engineer: User) -> None:
    scope = socket(subprotocols=["graphql-ws", access(engineer)])
    assert handshake.subprotocol(scope) is None
    assert who(scope) is None
    assert handshake.subprotocol(stream()) is None


def test_a_later_version_of_ours_is_not_taken_for_a_credential(db: None) -> None:
    assert who(socket(subprotocols=["tidings.v2", "tidings.v1"])) is None


@pytest.mark.django_db
def test_nothing_offered_is_nobody_and_no_refusal(door: Door) -> None:
    assert who(door()) is None
    assert who(door("token=&ticket=")) is None
    assert who(door(authorization="Basic b2xkOnByb3h5")) is None


def test_the_identity_says_who_and_until_when(engineer: User) -> None:
    engineer.is_staff = True
    engineer.save()
    token = access(engineer)
    expires_at = tokens.holder(token)[1].expires_at
    assert handshake.from_token(token) == Identity(engineer.pk, "engineer", True, expires_at, "jwt:0")


@pytest.mark.django_db
def test_what_is_offered_and_does_not_hold_is_refused(door: Door) -> None:
    assert refusal(door("token=nonsense")) == "token_invalid"
    assert refusal(door("token=%ff%00")) == "token_invalid"
    assert refusal(door("ticket=nonsense")) == "ticket_invalid"
    assert refusal(door(authorization="Bearer nonsense")) == "token_invalid"
    assert refusal(door(authorization="Bearer")) == "token_invalid"
    assert refusal(socket(subprotocols=["tidings.v1", "nonsense"])) == "ticket_invalid"


def test_old_revoked_and_inactive_have_words_of_their_own(engineer: User, outsider: User, door: Door) -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=2)):
        old = access(engineer)
    assert refusal(door(f"token={old}")) == "token_expired"
    revoked = access(engineer)
    tokens.revoke(engineer.pk)
    assert refusal(door(f"token={revoked}")) == "token_revoked"
    token = access(outsider)
    User.objects.filter(pk=outsider.pk).update(is_active=False)
    assert refusal(door(f"token={token}")) == "inactive"


def test_a_bad_credential_is_refused_though_a_good_cookie_is_there(engineer: User, door: Door) -> None:
    cookie = session_of(signed_in(engineer))
    assert who(door(cookie=cookie, origin=OURS)) == engineer.pk
    assert refusal(door("token=nonsense", cookie=cookie, origin=OURS)) == "token_invalid"
    assert refusal(door("ticket=nonsense", cookie=cookie, origin=OURS)) == "ticket_invalid"
    assert refusal(door(cookie=cookie, origin=OURS, authorization="Bearer x.y.z")) == "token_invalid"


def test_a_good_credential_wins_over_another_persons_cookie(engineer: User, outsider: User, door: Door) -> None:
    cookie = session_of(signed_in(outsider))
    assert who(door(f"token={access(engineer)}", cookie=cookie, origin=OURS)) == engineer.pk


# --- the session cookie -------------------------------------------------------
def test_a_session_opens_both_doors(engineer: User, door: Door) -> None:
    cookie = session_of(signed_in(engineer))
    identity = handshake.from_handshake(door(cookie=cookie, origin=OURS))
    assert identity == Identity(engineer.pk, "engineer", False, None, f"session:{cookie}")


def test_a_socket_with_a_cookie_must_say_which_page_asks(engineer: User) -> None:
    cookie = session_of(signed_in(engineer))
    assert who(socket(cookie=cookie)) is None
    assert who(socket(cookie=cookie, origin="https://evil.example")) is None


def test_a_stream_with_a_cookie_may_leave_the_origin_out_but_not_lie(engineer: User) -> None:
    cookie = session_of(signed_in(engineer))
    assert who(stream(cookie=cookie)) == engineer.pk
    assert who(stream(cookie=cookie, origin="https://evil.example")) is None


@pytest.mark.parametrize("cookie", ["", "x", "0" * 32, '"\\000"', "é", '"', "a b", "x" * 5000])
def test_a_cookie_that_is_no_session_is_nobody(engineer: User, door: Door, cookie: str) -> None:
    assert who(door(cookie=cookie, origin=OURS)) is None


def test_a_session_that_ended_is_nobody(engineer: User, door: Door) -> None:
    browser = signed_in(engineer)
    cookie = session_of(browser)
    browser.logout()
    assert who(door(cookie=cookie, origin=OURS)) is None


def test_a_session_past_its_date_is_nobody(engineer: User, door: Door) -> None:
    cookie = session_of(signed_in(engineer))
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert who(door(cookie=cookie, origin=OURS)) is None


def test_a_session_from_before_the_new_password_is_nobody(engineer: User, door: Door) -> None:
    cookie = session_of(signed_in(engineer))
    engineer.set_password("another")
    engineer.save()
    assert who(door(cookie=cookie, origin=OURS)) is None


def test_a_session_survives_a_new_secret_key_while_the_old_one_is_a_fallback(
    engineer: User, door: Door, settings: Any
) -> None:
    cookie = session_of(signed_in(engineer))
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "rotated" * 8
    assert who(door(cookie=cookie, origin=OURS)) == engineer.pk
    settings.SECRET_KEY_FALLBACKS = []
    assert who(door(cookie=cookie, origin=OURS)) is None


def test_a_session_of_a_backend_that_was_removed_is_nobody(engineer: User, door: Door, settings: Any) -> None:
    cookie = session_of(signed_in(engineer))
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.RemoteUserBackend"]
    assert who(door(cookie=cookie, origin=OURS)) is None


def test_a_visitors_session_without_a_person_is_nobody(api: Any, db: None, door: Door) -> None:
    session = api.session
    session["theme"] = "dark"
    session.save()
    assert who(door(cookie=session.session_key, origin=OURS)) is None


def test_a_deactivated_persons_session_is_nobody(engineer: User, door: Door) -> None:
    cookie = session_of(signed_in(engineer))
    User.objects.filter(pk=engineer.pk).update(is_active=False)
    assert who(door(cookie=cookie, origin=OURS)) is None


# --- who may stay -------------------------------------------------------------
def connected(user: User) -> tuple[Identity, Identity]:
    """By a token, and by a session."""
    by_cookie = handshake.from_handshake(socket(cookie=session_of(signed_in(user)), origin=OURS))
    assert by_cookie
    return handshake.from_token(access(user)), by_cookie


def test_nobody_lapses_while_nothing_changes(engineer: User, outsider: User) -> None:
    assert handshake.lapsed([*connected(engineer), *connected(outsider)]) == set()
    assert handshake.lapsed([]) == set()


def test_revoking_ends_what_tokens_opened_only(engineer: User, outsider: User) -> None:
    (token, session), others = connected(engineer), connected(outsider)
    tokens.revoke(engineer.pk)
    assert handshake.lapsed([token, session, *others]) == {token}


def test_logging_out_ends_what_that_session_opened_only(engineer: User) -> None:
    browser = signed_in(engineer)
    here = handshake.from_handshake(socket(cookie=session_of(browser), origin=OURS))
    assert here
    token, elsewhere = connected(engineer)
    browser.post("/logout/")
    assert handshake.lapsed([here, elsewhere, token]) == {here}


def test_a_new_password_ends_what_sessions_opened(engineer: User) -> None:
    token, session = connected(engineer)
    engineer.set_password("another")
    engineer.save()
    assert handshake.lapsed([token, session]) == {session}


def test_a_session_that_somebody_else_took_over_ends_the_first_ones_connection(engineer: User, outsider: User) -> None:
    User.objects.filter(pk=outsider.pk).update(
        password=engineer.password
    )  # or the session's hash would tell them apart
    _, theirs = connected(User.objects.get(pk=outsider.pk))
    claimed = Identity(engineer.pk, "engineer", False, None, theirs.grant)
    assert handshake.lapsed([claimed, theirs]) == {claimed}


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": True}])
def test_a_changed_account_ends_its_connections(engineer: User, outsider: User, change: dict[str, bool]) -> None:
    changed, others = connected(engineer), connected(outsider)
    User.objects.filter(pk=engineer.pk).update(**change)
    assert handshake.lapsed([*changed, *others]) == set(changed)


def test_a_deleted_account_ends_its_connections(engineer: User, outsider: User) -> None:
    gone, others = connected(engineer), connected(outsider)
    engineer.delete()
    assert handshake.lapsed([*gone, *others]) == set(gone)


def test_a_grant_of_a_kind_we_do_not_know_does_not_hold(engineer: User) -> None:
    stranger = Identity(engineer.pk, "engineer", False, None, "magic:1")
    assert handshake.lapsed([stranger]) == {stranger}


def test_looking_at_all_connections_costs_two_queries_for_any_number(db: None) -> None:
    def cost(people: int) -> int:
        made = [User.objects.create_user(f"p{people}-{n}") for n in range(people)]
        identities = [identity for user in made for identity in connected(user)]
        with CaptureQueriesContext(connection) as queries:
            assert handshake.lapsed(identities) == set()
        return len(queries)

    assert [cost(1), cost(20)] == [2, 2]


# --- what is written down -----------------------------------------------------
def test_no_credential_appears_in_a_log(
    engineer: User, caplog: pytest.LogCaptureFixture, client: Any, settings: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    pair = tokens.issue(engineer)
    cookie = session_of(signed_in(engineer))
    ticket = ticket_for(engineer)
    handshake.from_handshake(socket(cookie=cookie, origin=OURS))
    client.post("/api/token/", {"username": "engineer", "password": "hunter2-wrong"})
    client.post("/api/token/refresh/", {"refresh": pair["refresh"] + "x"})
    client.post(f"/api/socket-ticket/?token={pair['access']}", headers={"authorization": f"Bearer {pair['access']}x"})
    client.post("/login/", {"username": "engineer", "password": "hunter2-wrong"})
    handshake.from_token(ticket)
    for spent in (ticket, pair["access"] + "x"):
        with pytest.raises(Refused) as refused:
            handshake.from_token(spent)
        assert spent not in f"{refused.value!r} {refused.value}"
    assert "Unauthorized" in caplog.text
    for secret in (pair["access"], pair["refresh"], ticket, cookie, "hunter2-wrong"):
        assert secret not in caplog.text
