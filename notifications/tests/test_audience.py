"""Who is addressed, in which order, and for what reason."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.audience import LONGEST_REASON, members
from notifications.events import Audience

from .crowd import make_crowd, make_person, rows_of

pytestmark = pytest.mark.django_db


def who(audience: Audience, *, namespace: str = "/", after: int = 0, limit: int = 100) -> list[tuple[int, str]]:
    return members(audience, namespace=namespace, after=after, limit=limit)


def test_people_come_ascending_whatever_order_they_were_named_in() -> None:
    one, two, three = make_crowd(3)
    assert [user for user, _ in who(Audience(users=[three, one, two]))] == [one, two, three]


def test_who_is_addressed_in_several_ways_is_told_once() -> None:
    engineer = make_person("engineer", "manager")
    audience = Audience(users=[engineer.pk, engineer.pk], roles=["engineer", "manager"])
    assert who(audience) == [(engineer.pk, "addressed")]


def test_a_page_goes_on_where_the_last_one_ended() -> None:
    people = make_crowd(5, "crew")
    crew = Audience(roles=["crew"])
    assert [user for user, _ in who(crew, limit=2)] == people[:2]
    assert [user for user, _ in who(crew, after=people[1], limit=2)] == people[2:4]
    assert [user for user, _ in who(crew, after=people[3], limit=2)] == people[4:]
    assert who(crew, after=people[4], limit=2) == []


def test_the_excluded_and_the_inactive_are_left_out() -> None:
    one, two = make_crowd(2)
    gone = make_person("crew", is_active=False).pk
    assert who(Audience(users=[one, two, gone], roles=["crew"], exclude=[two])) == [(one, "addressed")]
    assert gone not in dict(who(Audience(everyone=True)))
    assert two not in dict(who(Audience(everyone=True, exclude=[two])))


def test_nobody_addressed_is_nobody_told() -> None:
    make_crowd(3)
    assert who(Audience()) == []
    assert who(Audience(exclude=make_crowd(1))) == []


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"users": True, "roles": ["engineer"], "reasons": "assignee"}, "assignee"),
        ({"users": True, "roles": ["engineer"]}, "addressed"),
        ({"roles": ["manager", "engineer"]}, "engineer"),
        ({"everyone": True, "roles": ["engineer"]}, "engineer"),
        ({"everyone": True}, "everyone"),
        ({"namespace": "/"}, "namespace /"),
    ],
    ids=["own", "named", "first role", "role before everyone", "everyone", "namespace"],
)
def test_the_nearest_reason_is_given(given: dict, reason: str) -> None:
    person = make_person("engineer", "manager").pk
    users = [person] if given.pop("users", False) else []
    reasons = {person: given.pop("reasons")} if "reasons" in given else {}
    assert dict(who(Audience(users=users, reasons=reasons, **given)))[person] == reason


def test_a_reason_that_is_too_long_for_a_row_is_cut(notify_to) -> None:
    role = "r" * 150  # as long as a group's name may be
    member, other = make_person(role), make_person()
    why = {other.pk: "w" * 150}
    notify_to(audience=Audience(users=[other.pk], roles=[role], reasons=why))
    assert rows_of(member)[0].reason == role[:LONGEST_REASON]
    assert rows_of(other)[0].reason == why[other.pk][:LONGEST_REASON]


class TestNamespaces:
    @pytest.fixture
    def staff(self) -> User:
        return make_person(is_staff=True)

    def test_the_admin_namespace_alone_addresses_all_staff(self, staff: User) -> None:
        make_person()
        former = make_person(is_staff=True, is_active=False)
        reasons = dict(who(Audience(namespace="/admin"), namespace="/admin"))
        assert reasons == {staff.pk: "namespace /admin"}
        assert former.pk not in reasons

    def test_the_root_namespace_alone_addresses_everybody(self, staff: User) -> None:
        other = make_person()
        assert {staff.pk, other.pk} <= set(dict(who(Audience(namespace="/"))))

    def test_beside_other_parts_it_is_a_label_and_lets_in_only_who_may_enter(self, staff: User) -> None:
        outsider, other_staff = make_person(), make_person(is_staff=True)
        named = Audience(users=[staff.pk, outsider.pk], namespace="/admin")
        assert who(named, namespace="/admin") == [(staff.pk, "addressed")]
        assert other_staff.pk in dict(who(Audience(everyone=True), namespace="/admin"))
        assert outsider.pk not in dict(who(Audience(everyone=True), namespace="/admin"))


def test_a_page_takes_the_same_few_queries_whatever_its_size() -> None:
    make_crowd(2, "few")
    make_crowd(60, "many")

    def queries(role: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as counted:
            who(Audience(roles=[role]))
        return len(counted)

    assert queries("few") == queries("many") == 2


def test_an_audience_survives_being_stored() -> None:
    audience = Audience(users=(3, 1), roles=("crew",), namespace="/", exclude=(2,), reasons={3: "assignee"})
    stored = audience.as_json()
    again = Audience.from_json(stored)
    assert again.as_json() == stored
    assert (list(again.users), dict(again.reasons)) == ([3, 1], {3: "assignee"})
