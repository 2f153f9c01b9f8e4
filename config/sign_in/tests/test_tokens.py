"""Signing in with a name and a password, and how tokens end."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from queue import Queue
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from config.sign_in import tokens
from notifications.live.bell import bell
from notifications.live.rings import Nonce, Ring, SignOutRing
from notifications.models import AuditEntry
from notifications.sockets.sign_in import Refused

from .conftest import PASSWORD, access, bearing, signed_in

PROTECTED = "/api/socket-ticket/"


def sign_in(api: APIClient, name: str, password: str = PASSWORD) -> Any:
    return api.post("/api/token/", {"username": name, "password": password}, format="json")


@pytest.mark.parametrize("slash", ["/", ""])
def test_a_name_and_password_give_tokens_that_open_the_api(api: APIClient, engineer: User, slash: str) -> None:
    pair = api.post(f"/api/token{slash}", {"username": "engineer", "password": PASSWORD}, format="json")
    assert pair.status_code == 200
    assert set(pair.json()) == {"access", "refresh"}
    assert "no-store" in pair["Cache-Control"]
    assert bearing(pair.json()["access"]).post(PROTECTED).status_code == 200

    renewed = api.post(f"/api/token/refresh{slash}", {"refresh": pair.json()["refresh"]}, format="json")
    assert bearing(renewed.json()["access"]).post(PROTECTED).status_code == 200


def test_wrong_password_unknown_name_and_inactive_account_get_the_same_answer(
    api: APIClient, engineer: User, outsider: User
) -> None:
    User.objects.filter(pk=outsider.pk).update(is_active=False)
    answers = [sign_in(api, "engineer", "wrong"), sign_in(api, "nobody"), sign_in(api, "outsider")]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert answers[0].json()["code"] == "no_active_account"
    assert answers[0]["WWW-Authenticate"].startswith("Bearer")


def test_a_password_is_taken_with_its_spaces(api: APIClient, db: None) -> None:
    User.objects.create_user("spacey", password=" x ")
    assert sign_in(api, "spacey", " x ").status_code == 200
    assert sign_in(api, "spacey", "x").status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"password": "x"}, "username"),
        ({"username": "x"}, "password"),
        ({"username": ["x"], "password": "x"}, "username"),
    ],
)
def test_a_missing_or_odd_field_is_named(api: APIClient, db: None, body: dict[str, Any], field: str) -> None:
    answer = api.post("/api/token/", body, format="json")
    assert answer.status_code == 400
    assert answer.json()[field]
    assert answer.json()["code"]


@pytest.mark.parametrize("body", ["[]", '"text"', "{", "5"])
def test_a_body_that_is_no_object_is_a_400(api: APIClient, db: None, body: str) -> None:
    assert api.post("/api/token/", body, content_type="application/json").status_code == 400


def test_revoking_ends_all_tokens_issued_so_far_and_no_session(api: APIClient, engineer: User, outsider: User) -> None:
    first, second, other = tokens.issue(engineer), tokens.issue(engineer), tokens.issue(outsider)
    browser = signed_in(engineer)

    assert bearing(first["access"]).post("/api/token/revoke/").status_code == 204
    assert AuditEntry.objects.get(action="token.revoked").actor_id == engineer.pk

    for pair in (first, second):
        assert bearing(pair["access"]).post(PROTECTED).json()["code"] == "token_revoked"
        renewed = api.post("/api/token/refresh/", {"refresh": pair["refresh"]}, format="json")
        assert (renewed.status_code, renewed.json()["code"]) == (401, "token_revoked")
    assert bearing(other["access"]).post(PROTECTED).status_code == 200
    assert browser.post(PROTECTED).status_code == 200
    assert bearing(sign_in(api, "engineer").json()["access"]).post(PROTECTED).status_code == 200


def test_revoking_without_a_slash_and_by_session_works_too(engineer: User) -> None:
    token = access(engineer)
    assert signed_in(engineer).post("/api/token/revoke").status_code == 204
    assert bearing(token).post(PROTECTED).status_code == 401


def test_revoking_by_session_needs_the_csrf_token(engineer: User) -> None:
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(engineer)
    assert browser.post("/api/token/revoke/").status_code == 403
    assert bearing(access(engineer)).post(PROTECTED).status_code == 200


@pytest.mark.django_db
def test_nobody_revokes_anonymously(api: APIClient) -> None:
    assert api.post("/api/token/revoke/").status_code == 401


class Listener:
    """A hub that is deaf to Redis, so the bell calls it itself, in order."""

    alive = False

    def __init__(self) -> None:
        self.heard: Queue[Ring] = Queue()

    def ring_from_thread(self, rings: Sequence[Ring]) -> None:
        for ring in rings:
            self.heard.put(ring)


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    bell.hubs.append(listener)
    yield listener
    bell.hubs.remove(listener)


def test_revoking_has_the_persons_sockets_looked_at_once_it_is_committed(
    engineer: User, listener: Listener, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as on_commit:
        bearing(access(engineer)).post("/api/token/revoke/")
    bell.ring(Nonce("after the request, before the commit"))
    assert isinstance(listener.heard.get(timeout=5), Nonce)
    for call in on_commit:
        call()
    assert listener.heard.get(timeout=5) == SignOutRing(engineer.pk)


def test_logging_out_has_the_persons_sockets_looked_at(
    engineer: User, listener: Listener, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        signed_in(engineer).post("/logout/")
    assert listener.heard.get(timeout=5) == SignOutRing(engineer.pk)


def test_a_token_without_our_claim_is_good_until_the_first_revocation(engineer: User) -> None:
    plain = str(AccessToken.for_user(engineer))
    assert bearing(plain).post(PROTECTED).status_code == 200
    tokens.revoke(engineer.pk)
    assert bearing(plain).post(PROTECTED).json()["code"] == "token_revoked"


def test_a_token_lapses_after_an_hour_even_if_it_was_checked_before(engineer: User) -> None:
    now = datetime(2026, 11, 21, 9, tzinfo=UTC)
    with time_machine.travel(now, tick=False) as clock:
        seen, unseen = access(engineer), access(engineer)
        clock.shift(timedelta(minutes=59, seconds=59))
        assert bearing(seen).post(PROTECTED).status_code == 200
        clock.shift(timedelta(seconds=1))
        for token in (seen, unseen):
            answer = bearing(token).post(PROTECTED)
            assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


def test_a_token_of_a_server_whose_clock_is_ahead_holds(engineer: User) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=10), tick=False):
        pair = tokens.issue(engineer)
    assert tokens.holder(pair["access"])[0] == engineer
    assert tokens.renew(pair["refresh"])


def test_a_refresh_token_lapses_after_two_weeks(api: APIClient, engineer: User) -> None:
    with time_machine.travel(datetime(2026, 11, 21, 9, tzinfo=UTC), tick=False) as clock:
        refresh = tokens.issue(engineer)["refresh"]
        clock.shift(timedelta(days=14, seconds=-1))
        assert api.post("/api/token/refresh/", {"refresh": refresh}, format="json").status_code == 200
        clock.shift(timedelta(seconds=1))
        assert api.post("/api/token/refresh/", {"refresh": refresh}, format="json").json()["code"] == "token_expired"


def test_the_two_kinds_of_token_do_not_stand_in_for_each_other(api: APIClient, engineer: User) -> None:
    pair = tokens.issue(engineer)
    assert bearing(pair["refresh"]).post(PROTECTED).json()["code"] == "token_invalid"
    swapped = api.post("/api/token/refresh/", {"refresh": pair["access"]}, format="json")
    assert (swapped.status_code, swapped.json()["code"]) == (401, "token_invalid")


@pytest.mark.django_db
@pytest.mark.parametrize("junk", ["", "x", "a.b.c", "...", "ünïcode.a.b", "a b", "\x00", "\ud800.b.c", "x" * 70_000])
def test_junk_is_no_token(junk: str) -> None:
    with pytest.raises(Refused) as refused:
        tokens.holder(junk)
    assert refused.value.code == "token_invalid"


def test_a_changed_token_is_refused_though_the_true_one_is_known(engineer: User) -> None:
    token = access(engineer)
    assert bearing(token).post(PROTECTED).status_code == 200
    head, body, signature = token.split(".")
    changed = f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    assert bearing(changed).post(PROTECTED).json()["code"] == "token_invalid"


def test_a_deactivated_person_is_out_at_once(api: APIClient, engineer: User) -> None:
    pair = tokens.issue(engineer)
    assert bearing(pair["access"]).post(PROTECTED).status_code == 200
    User.objects.filter(pk=engineer.pk).update(is_active=False)
    assert bearing(pair["access"]).post(PROTECTED).json()["code"] == "inactive"
    renewed = api.post("/api/token/refresh/", {"refresh": pair["refresh"]}, format="json")
    assert (renewed.status_code, renewed.json()["code"]) == (401, "inactive")


def test_a_deleted_persons_tokens_are_nobodys(api: APIClient, engineer: User) -> None:
    pair = tokens.issue(engineer)
    tokens.revoke(engineer.pk)
    engineer.delete()
    assert bearing(pair["access"]).post(PROTECTED).status_code == 401
    assert api.post("/api/token/refresh/", {"refresh": pair["refresh"]}, format="json").status_code == 401


def test_a_token_that_does_not_hold_is_refused_whatever_the_cookie_says(engineer: User) -> None:
    browser = signed_in(engineer)
    assert browser.post(PROTECTED).status_code == 200
    answer = browser.post(PROTECTED, HTTP_AUTHORIZATION="Bearer nonsense")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


@pytest.mark.parametrize(
    ("header", "status"),
    [("bearer {}", 200), ("BEARER  {}", 200), ("Bearer", 401), ("Bearer {} {}", 401), ("Token {}", 401), ("", 401)],
)
def test_the_scheme_is_read_in_any_case(api: APIClient, engineer: User, header: str, status: int) -> None:
    token = access(engineer)
    assert api.post(PROTECTED, HTTP_AUTHORIZATION=header.format(token, token)).status_code == status


def test_another_scheme_leaves_the_session_alone(engineer: User) -> None:
    assert signed_in(engineer).post(PROTECTED, HTTP_AUTHORIZATION="Basic b2xkOnByb3h5").status_code == 200


def test_asking_who_a_token_is_costs_one_query(engineer: User, django_assert_num_queries: Any) -> None:
    tokens.revoke(engineer.pk)
    token = access(User.objects.get(pk=engineer.pk))
    with django_assert_num_queries(1):
        assert tokens.holder(token)[0] == engineer


def test_checked_tokens_are_remembered_up_to_a_limit_the_latest_used_longest() -> None:
    checked = tokens.Checked(most=2)
    claims = {name: tokens.Claims(1, 0, datetime(2026, 11, 21, tzinfo=UTC)) for name in (b"a", b"b", b"c")}
    checked.put(b"a", claims[b"a"])
    checked.put(b"b", claims[b"b"])
    assert checked.get(b"a") is claims[b"a"]
    checked.put(b"c", claims[b"c"])
    assert (len(checked), checked.get(b"b")) == (2, None)
    assert checked.get(b"a") is claims[b"a"]
