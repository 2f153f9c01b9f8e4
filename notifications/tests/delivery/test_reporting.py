"""Other systems are told what happened, signed and once; Apprise hears of an event once, however many people do."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications import inbox
from notifications.delivery import queue
from notifications.events import Action
from notifications.models import Delivery, NotificationLog, Webhook, outward_failed
from notifications.tests.transports.provider import Provider, Received
from notifications.transports import memory
from notifications.transports.base import TransportError
from notifications.transports.webhook import new_secret

from ..crowd import make_crowd, rows_of, send
from .conftest import attempt, send_due, sent

pytestmark = pytest.mark.django_db(transaction=True)
ALL = ["notification.created", "notification.delivered", "notification.read", "notification.failed", "event.done"]


@pytest.fixture
def listener(settings: Any) -> Iterator[Provider]:
    provider = Provider()
    settings.CHANNEL_URLS = {**settings.CHANNEL_URLS, "webhook": "webhook://"}
    settings.OUTBOUND_ALLOW = [provider.netloc]
    yield provider
    provider.close()


def subscribe(listener: Provider, *types: str, **fields: Any) -> Webhook:
    fields = {"secret": new_secret(), "created_at": timezone.now(), **fields}
    return Webhook.objects.create(url=f"{listener.url}/hook", types=list(types), **fields)


def report_due() -> None:
    while leased := queue.claim({"webhook": 50, "apprise": 50}, most=50):
        attempt(leased)


def is_signed(said: Received, secret: str) -> bool:
    """As the receiver checks it: standardwebhooks.com."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{said.headers['webhook-id']}.{said.headers['webhook-timestamp']}.".encode() + said.body
    made = "v1," + base64.b64encode(hmac.new(key, content, "sha256").digest()).decode()
    return made in said.headers["webhook-signature"].split(" ")


def test_a_life_is_told_from_created_to_read(listener: Provider, reachable: User) -> None:
    webhook = subscribe(listener, *ALL)
    send(reachable)
    row = rows_of(reachable)[0]
    inbox.acknowledge(reachable.pk, up_to_seq=row.seq)
    inbox.mark_as_read(reachable.pk, [row.pk])
    report_due()
    told = [json.loads(one.body) for one in listener.received]
    assert sorted(one["type"] for one in told) == [
        "event.done",
        "notification.created",
        "notification.delivered",
        "notification.read",
    ]
    assert {one["data"]["user_id"] for one in told if one["type"] != "event.done"} == {reachable.pk}
    assert all(is_signed(one, webhook.secret) for one in listener.received)
    assert len({one.headers["webhook-id"] for one in listener.received}) == 4


def test_reading_all_and_reading_again_are_told_once(listener: Provider, reachable: User) -> None:
    subscribe(listener, "notification.read")
    send(reachable)
    send(reachable)
    inbox.mark_all_as_read(reachable.pk)
    inbox.mark_as_unread(reachable.pk, [rows_of(reachable)[0].pk])
    inbox.mark_as_read(reachable.pk, [rows_of(reachable)[0].pk])
    report_due()
    assert len(listener.received) == 2


def test_a_failure_is_told(listener: Provider, reachable: User) -> None:
    subscribe(listener, "notification.failed")
    memory.plan("email", TransportError("no such user", permanent=True))
    send(reachable, channels=["email"])
    send_due()
    report_due()
    assert [json.loads(one.body)["data"]["status"] for one in listener.received] == ["pending"]


def test_only_what_was_asked_for_is_told_and_nobody_costs_nothing(listener: Provider, reachable: User) -> None:
    send(reachable)
    subscribe(listener, "notification.read")
    subscribe(listener, "notification.created", disabled_at=timezone.now())
    send(reachable)
    assert not Delivery.objects.exists()


def test_while_a_secret_is_replaced_both_sign(listener: Provider, reachable: User) -> None:
    old, gone = new_secret(), new_secret()
    webhook = subscribe(listener, "event.done", old_secret=old, old_until=timezone.now() + timedelta(hours=1))
    send(reachable)
    report_due()
    assert is_signed(listener.received[0], webhook.secret)
    assert is_signed(listener.received[0], old)
    assert not is_signed(listener.received[0], gone)
    Webhook.objects.update(old_until=timezone.now() - timedelta(seconds=1))
    send(reachable)
    report_due()
    assert not is_signed(listener.received[1], old)


def test_another_system_that_is_down_is_told_later_under_the_same_id(
    listener: Provider, reachable: User, pass_time: Callable[[float], None]
) -> None:
    subscribe(listener, "event.done")
    listener.answers(503)
    send(reachable, priority="low")
    report_due()
    pass_time(10)
    report_due()
    assert [one.state for one in Delivery.objects.all()] == ["sent"]
    assert len({one.headers["webhook-id"] for one in listener.received}) == 1
    assert len(listener.received) == 2


def test_a_failed_webhook_does_not_make_the_notification_fail(listener: Provider, reachable: User) -> None:
    subscribe(listener, "notification.created")
    listener.answers(410)
    send(reachable)
    report_due()
    assert Delivery.objects.get().reason == "endpoint_gone"
    assert Webhook.objects.get().disabled_at is not None
    assert not NotificationLog.objects.filter(outward_failed()).exists()


def test_apprise_hears_of_an_event_once(settings: Any) -> None:
    settings.CHANNEL_URLS = {"apprise": "memory://"}
    people = make_crowd(5)
    send(*people, channels=["inbox", "apprise"])
    report_due()
    assert [channel for channel, _ in sent()] == ["apprise"]


def test_apprise_that_is_not_configured_is_said_on_the_event(reachable: User) -> None:
    assert send(reachable, channels=["apprise"]).decided == {"apprise": "not_configured"}
    assert not Delivery.objects.exists()


def test_a_choice_is_told_with_what_was_chosen(listener: Provider, reachable: User) -> None:
    subscribe(listener, "notification.acted")
    send(reachable, actions=[Action("approve", "Approve")])
    inbox.act(reachable.pk, rows_of(reachable)[0].pk, "approve")
    report_due()
    [told] = [json.loads(one.body) for one in listener.received]
    assert told["type"] == "notification.acted"
    assert (told["data"]["action_taken"], told["data"]["user_id"]) == ("approve", reachable.pk)
