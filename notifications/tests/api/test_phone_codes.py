"""How a code goes out: by which way, how often, and what the provider makes of it."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from notifications.models import PausedChannel, Phone, Suppression
from notifications.tests.at_once import all_at_once
from notifications.tests.crowd import everything_written, make_person
from notifications.transports import memory
from notifications.transports.base import TransportError

from .people import refusal
from .phones import NUMBER, OTHER, ask, confirm, earlier


@pytest.fixture(autouse=True)
def _sms(settings: Any) -> Iterator[None]:
    settings.CHANNEL_URLS = {"sms": "memory://"}
    memory.clear()
    yield
    memory.clear()


def test_whatsapp_carries_the_code_where_sms_cannot(people: dict[str, User], settings: Any) -> None:
    settings.CHANNEL_URLS = {"whatsapp": "memory://"}
    assert ask(people["engineer"]).json()["channel"] == "whatsapp"
    settings.CHANNEL_URLS = {"sms": "memory://", "whatsapp": "memory://"}
    assert ask(people["engineer2"], OTHER).json()["channel"] == "sms"
    PausedChannel.objects.create(channel="sms", since=timezone.now())
    assert ask(people["requester"], "+12025550123").json()["channel"] == "whatsapp"
    assert [sent.channel for sent in memory.outbox] == ["whatsapp", "sms", "whatsapp"]


def test_without_a_way_the_answer_says_so(people: dict[str, User], settings: Any) -> None:
    PausedChannel.objects.create(channel="sms", since=timezone.now())
    before = everything_written()
    assert refusal(ask(people["engineer"]), 409)["code"] == "channel_paused"
    settings.CHANNEL_URLS = {"email": "memory://"}
    assert refusal(ask(people["engineer"]), 409)["code"] == "not_configured"
    assert everything_written() == before
    assert not memory.outbox


def test_one_code_a_minute_and_five_an_hour_for_a_person(people: dict[str, User]) -> None:
    numbers = [f"+4917012345{number}" for number in range(60, 70)]
    for number in numbers[:4]:
        assert ask(people["engineer"], number).status_code == 200
        stopped = ask(people["engineer"], OTHER)
        assert refusal(stopped, 429)["code"] == "throttled"
        assert 50 < int(stopped["Retry-After"]) <= 60
        earlier(minutes=1)
    assert ask(people["engineer"], numbers[4]).status_code == 200
    earlier(minutes=1)
    stopped = ask(people["engineer"], numbers[5])
    refusal(stopped, 429)
    assert 54 * 60 < int(stopped["Retry-After"]) <= 55 * 60
    assert len(memory.outbox) == 5
    earlier(minutes=55)
    assert ask(people["engineer"], numbers[5]).status_code == 200


def test_one_code_a_minute_and_five_an_hour_for_a_number_whoever_asks(people: dict[str, User]) -> None:
    crowd = [make_person() for _ in range(6)]
    for person in crowd[:5]:
        assert ask(person).status_code == 200
        refusal(ask(crowd[5]), 429)
        earlier(minutes=1)
    refusal(ask(crowd[5]), 429)
    assert ask(crowd[5], OTHER).status_code == 200


def test_what_the_provider_does_not_take_is_told_and_counts(people: dict[str, User]) -> None:
    engineer = people["engineer"]
    memory.plan("sms", TransportError("500"))
    answer = ask(engineer)
    assert refusal(answer, 503)["code"] == "not_sent"
    assert answer["Retry-After"] == "60"
    assert Phone.objects.get().code_hash == ""
    refusal(ask(engineer), 429)
    earlier(minutes=1)
    memory.plan("sms", TransportError("21211", permanent=True, suppress=True))
    assert refusal(ask(engineer))["phone"]
    earlier(minutes=1)
    Suppression.objects.create(channel="sms", address=NUMBER, since=timezone.now())
    assert refusal(ask(engineer))["phone"]
    assert not memory.outbox


def test_a_message_that_may_have_arrived_can_be_answered(people: dict[str, User]) -> None:
    memory.plan("sms", TransportError("no answer", unknown=True))
    assert ask(people["engineer"]).status_code == 200
    assert Phone.objects.get().code_hash


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_at_once_for_one_number_make_one_message() -> None:
    crowd = [make_person() for _ in range(4)]
    codes = all_at_once(*[lambda person=person: ask(person).status_code for person in crowd * 2])
    assert sorted(codes) == [200] + [429] * 7
    assert len(memory.outbox) == 1


class Twilio(BaseHTTPRequestHandler):
    """Takes every message, and notes whether the code it carries had been committed by then."""

    bodies: ClassVar[list[str]] = []
    was_committed: ClassVar[list[bool]] = []

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.bodies.append(form["Body"][0])
        self.was_committed.append(Phone.objects.exclude(code_hash="").exists())
        connection.close()
        answer = b'{"sid": "SM1"}'
        self.send_response(201)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def twilio(settings: Any) -> Iterator[type[Twilio]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Twilio)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.CHANNEL_URLS = {"sms": f"twilio://AC1:secret@+15005550006?base=http://127.0.0.1:{server.server_port}"}
    yield Twilio
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.django_db(transaction=True)
def test_the_provider_is_called_outside_of_any_transaction(twilio: type[Twilio]) -> None:
    person = make_person()
    assert ask(person).status_code == 200
    assert twilio.was_committed == [True]
    assert confirm(person, twilio.bodies[0][:6]).status_code == 200
