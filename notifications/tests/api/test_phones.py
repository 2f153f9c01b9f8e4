"""A phone is used once its owner has typed the code that was sent to it."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications.models import AuditEntry, Phone
from notifications.tests.at_once import all_at_once
from notifications.tests.crowd import make_person
from notifications.transports import memory

from .people import post, refusal
from .phones import CONFIRM, NUMBER, OTHER, VERIFY, another, ask, code_sent, confirm, earlier


@pytest.fixture(autouse=True)
def _sms(settings: Any) -> Iterator[None]:
    settings.CHANNEL_URLS = {"sms": "memory://"}
    memory.clear()
    yield
    memory.clear()


def test_the_code_that_was_sent_makes_the_number_theirs(people: dict[str, User]) -> None:
    engineer = people["engineer"]
    answer = ask(engineer, " +49 (170) 123-4567 ")
    assert answer.status_code == 200
    assert answer.json()["channel"] == "sms"
    assert answer.json()["expires_at"] > timezone.now().isoformat()
    [sent] = memory.outbox
    assert (sent.channel, sent.address.value) == ("sms", NUMBER)
    phone = Phone.objects.get(pk=engineer.pk)
    assert (phone.number, phone.verified_at) == ("", None)

    told = confirm(engineer, code_sent())
    assert told.status_code == 200
    assert told.json()["phone"] == NUMBER
    phone.refresh_from_db()
    assert phone.number == NUMBER
    assert phone.verified_at
    refusal(confirm(engineer, code_sent()), 409)  # a code is good once
    actions = list(
        AuditEntry.objects.filter(target_user_id=engineer.pk).order_by("pk").values_list("action", flat=True)
    )
    assert actions == ["phone.code_sent", "phone.verified"]


def test_neither_number_nor_code_is_kept_in_the_audit_or_logged(
    people: dict[str, User], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ask(people["engineer"])
    code = code_sent()
    confirm(people["engineer"], another(code))
    confirm(people["engineer"], code)
    kept = [*AuditEntry.objects.values_list("action", "entity_id", "metadata"), Phone.objects.get().code_hash]
    for secret in (code, NUMBER, NUMBER[1:]):
        assert secret not in str(kept)
        assert secret not in caplog.text
    ask(people["outsider"], OTHER)
    stored = Phone.objects.get(pk=people["outsider"].pk)
    assert code_sent() not in stored.code_hash


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "x",
        "0170 1234567",
        "+49",
        "+4917012345678901234",
        "+999123456",
        "+491701234567;ext=5",
        5,
        [],
        "+1" * 40,
    ],
)
def test_a_number_that_is_none_is_refused_by_name(given: Any, people: dict[str, User]) -> None:
    for path, body in ((VERIFY, {"phone": given}), (CONFIRM, {"phone": given, "code": "123456"})):
        assert refusal(post(people["engineer"], path, body))["phone"]
    assert not Phone.objects.exists()
    assert not memory.outbox


def test_no_code_goes_to_a_number_that_costs_extra(people: dict[str, User]) -> None:
    assert refusal(ask(people["engineer"], "+499001234567"))["phone"]
    assert not memory.outbox


@pytest.mark.parametrize("given", [None, "", "12345", "1234567", "abcdef", "１２３４５６", [], {}, True, 1.5])
def test_a_code_that_cannot_be_one_costs_no_try(given: Any, people: dict[str, User]) -> None:
    ask(people["engineer"])
    told = refusal(confirm(people["engineer"], given))
    assert told == {"detail": "The code has six digits.", "code": "invalid"}
    assert Phone.objects.get().tries_left == 5
    assert "detail" in refusal(post(people["engineer"], CONFIRM, {"phone": NUMBER}))


def test_five_wrong_codes_and_the_right_one_is_no_longer_good(people: dict[str, User]) -> None:
    engineer = people["engineer"]
    ask(engineer)
    code = code_sent()
    for left in (4, 3, 2, 1, 0):
        told = refusal(confirm(engineer, another(code)))
        assert told["code"] == "wrong_code"
        assert told["detail"].endswith(f"{left}.")
    assert refusal(confirm(engineer, code), 409)["code"] == "no_code"
    assert not Phone.objects.exclude(number="").exists()


def test_a_code_is_good_for_ten_minutes_for_this_person_and_this_number(people: dict[str, User]) -> None:
    engineer, outsider = people["engineer"], people["outsider"]
    assert refusal(confirm(engineer, "123456"), 409)["code"] == "no_code"
    ask(engineer)
    code = code_sent()
    refusal(confirm(outsider, code), 409)
    refusal(confirm(engineer, code, OTHER), 409)
    earlier(minutes=10)
    refusal(confirm(engineer, code), 409)
    ask(engineer)
    refusal(confirm(engineer, code if code != code_sent() else another(code)), 400)
    earlier(minutes=9, seconds=50)
    assert confirm(engineer, code_sent()).status_code == 200


def test_a_verified_number_stays_until_another_one_is(people: dict[str, User]) -> None:
    ask(people["engineer"])
    confirm(people["engineer"], code_sent())
    earlier(minutes=2)
    ask(people["engineer"], OTHER)
    assert Phone.objects.get().number == NUMBER
    confirm(people["engineer"], code_sent(), OTHER)
    assert Phone.objects.get().number == OTHER


def test_the_answers_are_the_same_whether_somebody_else_has_the_number(people: dict[str, User]) -> None:
    Phone.objects.create(user=people["outsider"], number=NUMBER, verified_at=timezone.now())
    taken, free = ask(people["engineer"]), ask(people["engineer2"], OTHER)
    assert taken.status_code == free.status_code == 200
    assert set(taken.json()) == set(free.json())
    confirmed = confirm(people["engineer2"], code_sent(), OTHER)
    earlier(minutes=2)
    ask(people["engineer"])
    assert set(confirm(people["engineer"], code_sent()).json()) == set(confirmed.json())


def test_nobody_does_it_without_signing_in(db: None) -> None:
    for path in (VERIFY, CONFIRM):
        refusal(post(None, path, {"phone": NUMBER, "code": "123456"}), 401)


@pytest.mark.django_db(transaction=True)
def test_guessing_at_once_gives_no_more_tries() -> None:
    person = make_person()
    ask(person)
    wrong = another(code_sent())
    codes = all_at_once(*[lambda: confirm(person, wrong).status_code for _ in range(8)])
    assert sorted(codes) == [400] * 5 + [409] * 3
