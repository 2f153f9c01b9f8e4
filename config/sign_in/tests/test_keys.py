"""Other backends: what a key is good for, how it ends, and the account that stands behind it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from config.sign_in import handshake
from config.sign_in.keys import issuing
from config.sign_in.models import ApiKey, ServiceAccount
from notifications.events import Audience
from notifications.models import AuditEntry, Room
from notifications.sockets.sign_in import Refused
from notifications.tests.crowd import make_room, rows_of, send

from .conftest import code, holding, socket, stream

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
ALL = issuing.Scope.values
EVENTS = "/api/events/"
ACTOR = (0, "test")
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> ServiceAccount:
    return issuing.create_account("shop")


def key_of(account: ServiceAccount, *scopes: str, **fields: Any) -> str:
    return issuing.create_key(account, scopes or ALL, **fields)[1]


def event(**to: Any) -> dict[str, Any]:
    return {"notification_type": "general", "message": "Your order is on its way.", "to": to}


# --- events ------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_backend_sends_looks_and_cancels(shop: ServiceAccount, engineer: User) -> None:
    client = holding(key_of(shop, "events:send"))
    sent = client.post(EVENTS, event(users=[engineer.pk]), format="json", headers={"Idempotency-Key": "1"})
    assert (sent.status_code, sent.json()["recipients"]) == (202, 1)
    again = client.post(EVENTS, event(users=[engineer.pk]), format="json", headers={"Idempotency-Key": "1"})
    assert again.json()["event_id"] == sent.json()["event_id"]
    assert rows_of(engineer)[0].event.sender == {"id": shop.user_id, "name": "shop"}
    one = f"{EVENTS}{sent.json()['event_id']}/"
    assert client.get(EVENTS).json()["count"] == 1
    for path in (one, f"{one}recipients/", "/api/notification-types/"):
        assert client.get(path).status_code == 200
    assert client.post(f"{one}cancel/").json()["status"] == "cancelled"
    entry = AuditEntry.objects.get(action="event.cancelled")
    assert (entry.actor_id, entry.actor_name) == (shop.user_id, "service:shop")


def test_an_idempotency_key_is_the_accounts_not_the_keys(shop: ServiceAccount, engineer: User) -> None:
    made = set()
    for client in (holding(key_of(shop)), holding(key_of(shop))):
        answer = client.post(EVENTS, event(users=[engineer.pk]), format="json", headers={"Idempotency-Key": "1"})
        made.add(answer.json()["event_id"])
    assert len(made) == 1


def test_it_sees_what_its_account_sent_and_nothing_else(shop: ServiceAccount, engineer: User) -> None:
    client, other = holding(key_of(shop)), holding(key_of(issuing.create_account("desk")))
    of_people = send(engineer)
    own = client.post(EVENTS, event(users=[engineer.pk]), format="json").json()["event_id"]
    assert [one["event_id"] for one in client.get(EVENTS).json()["results"]] == [own]
    for event_id, asking in ((own, other), (of_people.pk, client)):
        for path in ("", "recipients/"):
            assert code(asking.get(f"{EVENTS}{event_id}/{path}"), 404)
        assert code(asking.post(f"{EVENTS}{event_id}/cancel/"), 404)


def test_the_other_systems_spelling_takes_a_key_too(shop: ServiceAccount, engineer: User) -> None:
    client = holding(key_of(shop, "events:send"))
    assert client.post("/notifications", event(users=[engineer.pk]), format="json").status_code == 202
    assert code(client.get("/notifications"), 403) == "not_for_programs"


# --- rooms -------------------------------------------------------------------
def test_a_backend_makes_rooms_and_addresses_what_people_are_there(shop: ServiceAccount, engineer: User) -> None:
    client = holding(key_of(shop, "rooms:manage", "events:send"))
    assert client.post("/api/admin/rooms/", {"room": "order:7"}, format="json").status_code == 201
    members = "/api/admin/rooms/order:7/members/"
    assert client.post(members, {"user_id": engineer.pk, "as": "courier"}, format="json").status_code == 201
    related = {"room": "order:7", "as": ["courier"]}
    assert client.post(EVENTS, event(related=related, rooms=["order:7"]), format="json").status_code == 202
    assert client.delete(members, {"user_id": engineer.pk}, format="json").status_code == 204
    assert client.delete("/api/admin/rooms/order:7/").status_code == 204
    assert set(AuditEntry.objects.filter(entity_type="room").values_list("actor_id", flat=True)) == {shop.user_id}


def test_of_the_rooms_of_others_it_learns_nothing(shop: ServiceAccount, engineer: User) -> None:
    client = holding(key_of(shop))
    make_room("secret", engineer)
    make_room("lobby", engineer, is_open=True)
    assert client.get("/api/admin/rooms/").json()["count"] == 0
    for name in ("secret", "lobby", "no_such_room"):
        for path in ("", "members/"):
            assert code(client.get(f"/api/admin/rooms/{name}/{path}"), 404)
    refused = [
        client.post(EVENTS, event(**to), format="json")
        for name in ("secret", "no_such_room")
        for to in ({"rooms": [name]}, {"related": {"room": name, "as": ["x"]}})
    ]
    assert {answer.status_code for answer in refused} == {400}
    assert len({answer.content.replace(b"no_such_room", b"secret") for answer in refused}) == 2
    assert client.post(EVENTS, event(rooms=["lobby"]), format="json").status_code == 202
    assert code(client.post("/api/admin/rooms/", {"room": "secret", "open": True}, format="json"), 409) == "room_taken"
    assert not Room.objects.get(name="secret").is_open


# --- keys --------------------------------------------------------------------
@pytest.mark.parametrize("offered", ["", "nonsense", "tdg_00000000_x", "ключ", "a b", "\ud83d"])
def test_a_key_that_is_none_is_a_401(offered: str, shop: ServiceAccount) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {offered}")
    answer = client.get(EVENTS)
    assert code(answer, 401) == "key_invalid"
    assert answer["WWW-Authenticate"]


def test_a_key_that_was_revoked_has_expired_or_belongs_to_a_switched_off_account_is_a_401(shop: ServiceAccount) -> None:
    other = issuing.create_account("desk")
    revoked, expired, off = key_of(shop), key_of(shop, expires_at=timezone.now()), key_of(other)
    issuing.revoke(ApiKey.objects.get(digest=issuing.digest(revoked)).pk, actor=ACTOR)
    issuing.switch(other.pk, on=False, actor=ACTOR)
    told = {code(holding(key).get(EVENTS), 401) for key in (revoked, expired, off)}
    assert told == {"key_revoked", "key_expired"}
    issuing.switch(other.pk, on=True, actor=ACTOR)
    assert holding(off).get(EVENTS).status_code == 200


@pytest.mark.parametrize(
    ("scope", "opens"),
    [("events:send", EVENTS), ("rooms:manage", "/api/admin/rooms/"), ("tickets:issue", "/api/socket-ticket/")],
)
def test_a_key_opens_only_what_it_has_the_scope_for(scope: str, opens: str, shop: ServiceAccount) -> None:
    without = holding(key_of(shop, *(other for other in ALL if other != scope)))
    asked = without.post(opens, {}, format="json")
    assert code(asked, 403) == "scope_missing"
    assert scope in asked.json()["detail"]
    assert holding(key_of(shop, scope)).post(opens, {}, format="json").status_code == 400


def test_no_cookie_makes_up_for_a_bad_key(shop: ServiceAccount, engineer: User) -> None:
    client = holding("nonsense")
    client.force_login(engineer)
    assert client.get("/api/notifications/").status_code == 401
    client = holding(key_of(shop))
    client.force_login(engineer)
    assert code(client.get("/api/notifications/"), 403) == "not_for_programs"


def test_the_key_is_stored_by_its_hash_alone(shop: ServiceAccount) -> None:
    row, key = issuing.create_key(shop, ALL)
    assert key.startswith(row.prefix)
    assert len(key) >= 50
    secret = key.removeprefix(row.prefix)
    stored = [str(value) for model in (ApiKey, AuditEntry) for one in model.objects.values() for value in one.values()]
    assert not [value for value in stored if secret in value]


def test_its_last_use_is_noted_once_a_minute(shop: ServiceAccount) -> None:
    client, key = holding(key_of(shop)), ApiKey.objects.get()

    def noted_after(pause: timedelta) -> datetime | None:
        clock.shift(pause)
        with CaptureQueriesContext(connection) as seen:
            client.get(EVENTS)
        writes.append(sum(one["sql"].startswith("UPDATE") for one in seen))
        key.refresh_from_db()
        return key.last_used_at

    writes: list[int] = []
    with time_machine.travel(NOW, tick=False) as clock:
        assert noted_after(timedelta(0)) == NOW
        assert noted_after(timedelta(seconds=30)) == NOW
        assert noted_after(timedelta(seconds=31)) == NOW + timedelta(seconds=61)
    assert writes == [1, 0, 1]


# --- the account --------------------------------------------------------------
def test_the_user_behind_an_account_cannot_sign_in_and_is_told_nothing(
    shop: ServiceAccount, engineer: User, api: APIClient
) -> None:
    assert authenticate(username="service:shop", password="") is None
    assert not shop.user.has_usable_password()
    answer = api.post("/api/token/", {"username": "service:shop", "password": "x"}, format="json")
    assert answer.status_code == 401
    make_room("task_1", shop.user)
    for audience in (Audience(users=[shop.user_id]), Audience(rooms=["task_1"]), Audience(everyone=True)):
        send(audience=audience)
    assert rows_of(shop.user) == []


@pytest.mark.parametrize("name", ["", "a b", "a:b", "-a", "x" * 65, "shop\n", "shop"])
def test_a_name_that_is_taken_or_is_none_is_refused(name: str, shop: ServiceAccount) -> None:
    with pytest.raises(ValidationError):
        issuing.create_account(name)
    assert (ServiceAccount.objects.count(), User.objects.filter(username__startswith="service:").count()) == (1, 1)


def test_a_socket_or_a_stream_takes_no_key(shop: ServiceAccount) -> None:
    key = key_of(shop)
    for door in (socket, stream):
        assert handshake.from_handshake(door(authorization=f"Api-Key {key}")) is None
        for offered in (door(f"token={key}"), door(f"ticket={key}"), door(authorization=f"Bearer {key}")):
            with pytest.raises(Refused):
                handshake.from_handshake(offered)
    with pytest.raises(Refused):
        handshake.from_handshake(socket(subprotocols=["tidings.v1", key]))


def test_a_page_of_the_admin_takes_no_key(shop: ServiceAccount) -> None:
    client = holding(key_of(shop))
    for path in ("/admin/", "/"):
        assert client.get(path).status_code == 302, "as for anybody who has not signed in"
