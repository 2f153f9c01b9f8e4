"""once() and remember(): the same request, sent again or twice at once, makes one event."""

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from notifications.dispatch import notify, once, remember
from notifications.events import KeyReused
from notifications.models import Event, IdempotencyKey

from ..at_once import all_at_once
from ..crowd import event_to, make_person, rows_of


class Overtaken(Exception):
    """The same request was first."""


def ask(person: User, key: str, fingerprint: str = "f") -> str:
    """A view's way: repeated → the earlier result; overtaken → rolled back, and the other's result."""
    if earlier := once(person.pk, key, fingerprint):
        return earlier
    try:
        with transaction.atomic():
            made = str(notify(event_to(person)).pk)
            if remember(person.pk, key, fingerprint, made) is not None:
                raise Overtaken
    except Overtaken:
        earlier = once(person.pk, key, fingerprint)
        assert earlier is not None
        return earlier
    return made


@pytest.mark.django_db(transaction=True)
def test_the_same_request_many_times_at_once_makes_one_event_and_one_answer() -> None:
    person = make_person()
    answers = all_at_once(*[lambda: ask(person, "k")] * 8)
    assert set(answers) == {str(Event.objects.get().pk)}
    assert len(rows_of(person)) == 1


@pytest.mark.django_db(transaction=True)
def test_many_keys_at_once_do_not_hinder_each_other() -> None:
    person = make_person()
    answers = all_at_once(*[lambda key=str(i): ask(person, key) for i in range(6)])
    assert len(set(answers)) == 6
    assert [row.seq for row in rows_of(person)] == [1, 2, 3, 4, 5, 6]


def test_a_repetition_gets_the_first_answer(person: User) -> None:
    assert ask(person, "k") == ask(person, "k")
    assert Event.objects.count() == 1


def test_a_key_is_its_senders_own(person: User) -> None:
    assert ask(person, "k") != ask(make_person(), "k")


def test_the_key_with_another_request_is_refused(person: User) -> None:
    ask(person, "k")
    with pytest.raises(KeyReused):
        once(person.pk, "k", "another")
    with pytest.raises(KeyReused):
        remember(person.pk, "k", "another", "x")


def test_the_loser_of_a_race_learns_the_winners_result(person: User) -> None:
    assert remember(person.pk, "k", "f", "first") is None
    with transaction.atomic():
        assert remember(person.pk, "k", "f", "second") == "first"
        make_person()  # the surrounding transaction can still be used
    assert once(person.pk, "k", "f") == "first"


def test_a_key_goes_with_the_transaction_that_is_rolled_back(person: User) -> None:
    with transaction.atomic():
        remember(person.pk, "k", "f", "x")
        transaction.set_rollback(True)
    assert once(person.pk, "k", "f") is None
    assert not IdempotencyKey.objects.exists()
