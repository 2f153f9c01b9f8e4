"""What people said, read from their rows."""

from datetime import time

from notifications.database import database_now
from notifications.deciding import wishes
from notifications.deciding.preferences import DEFAULTS, Preferences, QuietHours
from notifications.models import Preference
from notifications.tests import crowd


def said_by(user, **fields):
    return Preference.objects.create(user=user, updated_at=database_now(), **fields)


def test_who_said_nothing_is_not_there(person):
    assert wishes.of([person.pk]) == {}


def test_a_row_that_says_nothing_means_the_defaults(person):
    said_by(person)
    assert wishes.of([person.pk]) == {person.pk: DEFAULTS}


def test_everything_that_can_be_said(person):
    said_by(
        person,
        timezone="Asia/Kolkata",
        locale="hi",
        quiet_start=time(22),
        quiet_end=time(7, 30),
        min_priority=2,
        only_categories=["alert"],
        muted_types=["general"],
        muted_categories=["info"],
        muted_sources=["tickets"],
        muted_tags=["beta"],
        muted_threads=["ticket:5"],
        max_age_s=600,
        digest={"general": 3600},
        kinds={"general": {"email": False, "sms": True}},
        unsubscribed={"email": ["*", "ticket_opened"]},
    )
    assert wishes.of([person.pk])[person.pk] == Preferences(
        timezone="Asia/Kolkata",
        locale="hi",
        quiet_hours=QuietHours(time(22), time(7, 30)),
        min_priority=2,
        only_categories=frozenset({"alert"}),
        muted_types=frozenset({"general"}),
        muted_categories=frozenset({"info"}),
        muted_sources=frozenset({"tickets"}),
        muted_tags=frozenset({"beta"}),
        muted_threads=frozenset({"ticket:5"}),
        max_age_s=600,
        digest={"general": 3600},
        said={("general", "email"): False, ("general", "sms"): True},
        unsubscribed=frozenset({("*", "email"), ("ticket_opened", "email")}),
    )


def test_many_people_are_one_query(db, django_assert_num_queries):
    people = [crowd.make_person() for _ in range(3)]
    said_by(people[0], locale="de")
    said_by(people[1], locale="fr")
    with django_assert_num_queries(1):
        found = wishes.of([one.pk for one in people])
    assert {user: wishes.locale for user, wishes in found.items()} == {people[0].pk: "de", people[1].pk: "fr"}
