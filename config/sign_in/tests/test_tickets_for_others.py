"""A backend asks for the ticket of one of its own users: nobody else's, and no longer than its key holds."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from config.sign_in import handshake
from config.sign_in.keys import issuing
from config.sign_in.models import ApiKey, ServiceAccount
from notifications.models import AuditEntry
from notifications.sockets.sign_in import Identity, Refused

from .conftest import access, bearing, holding, socket, stream

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
ACTOR = (0, "test")
pytestmark = pytest.mark.django_db


@pytest.fixture
def customers() -> Group:
    return Group.objects.create(name="customers")


@pytest.fixture
def shop(customers: Group) -> ServiceAccount:
    return issuing.create_account("shop", people=customers)


@pytest.fixture
def customer(customers: Group) -> User:
    user = User.objects.create(username="customer")
    user.groups.add(customers)
    return user


def backend(account: ServiceAccount, **fields: Any) -> APIClient:
    return holding(issuing.create_key(account, ["tickets:issue"], **fields)[1])


def ask(client: APIClient, user_id: Any) -> Any:
    return client.post("/api/socket-ticket/", {"user_id": user_id}, format="json")


def identity_of(client: APIClient, user: User) -> Identity:
    return handshake.from_token(ask(client, user.pk).json()["ticket"])


@pytest.mark.parametrize("door", [socket, stream])
def test_it_opens_a_socket_or_a_stream_of_that_person_once(shop: ServiceAccount, customer: User, door: Any) -> None:
    answer = ask(backend(shop), customer.pk)
    assert answer.status_code == 200
    scope = door(f"ticket={answer.json()['ticket']}")
    identity = handshake.from_handshake(scope)
    key = ApiKey.objects.get()
    assert identity == Identity(customer.pk, "customer", False, None, f"key:{key.pk}")
    with pytest.raises(Refused):
        handshake.from_handshake(scope)
    entry = AuditEntry.objects.get(action="ticket.issued")
    assert (entry.actor_id, entry.target_user_id, entry.entity_id) == (shop.user_id, customer.pk, str(key.pk))


def test_it_opens_nothing_but_sockets_and_streams(shop: ServiceAccount, customer: User) -> None:
    ticket = ask(backend(shop), customer.pk).json()["ticket"]
    assert bearing(ticket).get("/api/notifications/").status_code == 401
    assert APIClient().get(f"/api/notifications/?ticket={ticket}").status_code == 401


def test_for_anybody_else_there_is_one_answer(shop: ServiceAccount, customers: Group, outsider: User) -> None:
    staff = User.objects.create(username="staff", is_staff=True)
    root = User.objects.create(username="root", is_superuser=True)
    gone = User.objects.create(username="gone", is_active=False)
    for user in (staff, root, gone):
        user.groups.add(customers)
    client = backend(shop)
    answers = [ask(client, user_id) for user_id in (outsider.pk, staff.pk, root.pk, gone.pk, shop.user_id, 10**9)]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.content for answer in answers}) == 1
    assert not AuditEntry.objects.filter(action="ticket.issued").exists()


def test_an_account_without_a_group_has_no_users_of_its_own(customer: User) -> None:
    assert ask(backend(issuing.create_account("desk")), customer.pk).status_code == 403


@pytest.mark.parametrize("wrong", [None, "x", 0, -1, 2**63])
def test_it_must_say_for_whom(wrong: Any, shop: ServiceAccount) -> None:
    answer = ask(backend(shop), wrong)
    assert (answer.status_code, next(iter(answer.json()))) == (400, "user_id")
    assert backend(shop).post("/api/socket-ticket/").status_code == 400


def test_a_person_asks_for_nobody_but_themselves(engineer: User, outsider: User) -> None:
    client = bearing(access(engineer))
    assert ask(client, outsider.pk).status_code == 403
    assert ask(client, engineer.pk).status_code == 200


def test_the_connection_ends_when_the_key_expires(shop: ServiceAccount, customer: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = backend(shop, expires_at=NOW + timedelta(minutes=5))
        identity = identity_of(client, customer)
        assert identity.expires_at == NOW + timedelta(minutes=5)
        assert not handshake.lapsed([identity])
        clock.shift(timedelta(minutes=5))
        assert handshake.lapsed([identity]) == {identity}


def leave(customer: User) -> None:
    customer.groups.clear()


def rise(customer: User) -> None:
    User.objects.filter(pk=customer.pk).update(is_superuser=True)


def revoke(customer: User) -> None:
    issuing.revoke(ApiKey.objects.get().pk, actor=ACTOR)


def switch_off(customer: User) -> None:
    issuing.switch(ServiceAccount.objects.get().pk, on=False, actor=ACTOR)


def lose_its_people(customer: User) -> None:
    issuing.set_people(ServiceAccount.objects.get(), None, actor=ACTOR)


@pytest.mark.parametrize("end", [revoke, switch_off, leave, rise, lose_its_people])
def test_the_connection_ends_with_what_let_it_in(end: Any, shop: ServiceAccount, customer: User) -> None:
    client = backend(shop)
    open_one, unused = identity_of(client, customer), ask(client, customer.pk).json()["ticket"]
    assert not handshake.lapsed([open_one])
    end(customer)
    assert handshake.lapsed([open_one]) == {open_one}
    with pytest.raises(Refused):
        handshake.from_token(unused)


def test_many_connections_of_keys_are_looked_at_in_as_few_queries(shop: ServiceAccount, customers: Group) -> None:
    people = [User.objects.create(username=f"customer-{n}") for n in range(20)]
    customers.user_set.add(*people)
    client = backend(shop)
    others = [Identity(user.pk, user.username, False, None, handshake.jwt_grant(0)) for user in people]
    identities = [identity_of(client, user) for user in people]

    def queries(asked: list[Identity]) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert not handshake.lapsed(asked)
        return len(seen)

    assert queries(identities[:1] + others) == queries(identities + others) == queries(others) + 2
