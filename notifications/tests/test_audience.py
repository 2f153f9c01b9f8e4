"""Who is addressed, in which order, and for what reason."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.audience import LONGEST_REASON, members, size
from notifications.events import Audience, Related

from .crowd import make_crowd, make_person, make_room, rows_of

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


class TestRooms:
    def test_members_are_told_for_what_they_are_there(self) -> None:
        assignee, manager, volunteer = make_crowd(3)
        make_room("project:789", assignee, role="assignee")
        make_room("project:789", manager, role="manager")
        make_room("project:789", volunteer)
        assert who(Audience(rooms=["project:789"])) == [
            (assignee, "assignee"),
            (manager, "manager"),
            (volunteer, "room project:789"),
        ]

    def test_the_related_are_those_who_are_one_of_these_there(self) -> None:
        assignee, manager, volunteer, elsewhere = make_crowd(4)
        make_room("project:789", assignee, manager, role="assignee")
        make_room("project:789", manager, role="manager")
        make_room("project:789", volunteer, role="volunteer")
        make_room("project:790", elsewhere, role="assignee")
        related = Related("project:789", ["manager", "assignee", "auditor"])
        assert who(Audience(related=related)) == [(assignee, "assignee"), (manager, "assignee")]

    def test_all_parts_together_tell_each_person_once_for_the_nearest_reason(self) -> None:
        chosen, named, crew, related, member, excluded = make_crowd(6)
        other = make_person("crew", is_active=False).pk
        for user in (chosen, named, crew):
            User.objects.get(pk=user).groups.add(User.objects.get(pk=other).groups.get())
        make_room("task_1", chosen, named, crew, related, member, excluded, other)
        make_room("task_2", chosen, named, crew, related, excluded, other, role="assignee")
        audience = Audience(
            users=[named, chosen, excluded],
            roles=["crew"],
            rooms=["task_1", "task_2"],
            related=Related("task_2", ["assignee"]),
            exclude=[excluded],
            reasons={chosen: "watcher"},
        )
        expected = [
            (chosen, "watcher"),
            (named, "addressed"),
            (crew, "crew"),
            (related, "assignee"),
            (member, "room task_1"),
        ]
        assert who(audience) == expected
        assert [found for after in (0, named, related) for found in who(audience, after=after, limit=2)] == expected
        assert size(audience, namespace="/") == len(expected)

    def test_beside_everyone_the_nearer_reasons_stay(self) -> None:
        member, related, other = make_crowd(3)
        make_room("task_1", member)
        make_room("task_1", related, role="assignee")
        audience = Audience(everyone=True, rooms=["task_1"], related=Related("task_1", ["assignee"]), users=[other])
        reasons = dict(who(audience, after=member - 1))
        assert [reasons[user] for user in (member, related, other)] == ["room task_1", "assignee", "addressed"]

    def test_a_namespace_is_a_label_beside_a_room(self) -> None:
        staff, outsider = make_person(is_staff=True), make_person()
        make_room("task_1", staff, outsider)
        make_person(is_staff=True)
        assert who(Audience(rooms=["task_1"], namespace="/admin"), namespace="/admin") == [(staff.pk, "room task_1")]
        assert size(Audience(rooms=["task_1"], namespace="/admin"), namespace="/admin") == 1

    def test_one_room_is_named_on_the_notification_and_several_are_not(self, notify_to) -> None:
        member = make_person()
        make_room("task_1", member)
        make_room("task_2", member)
        one = notify_to(audience=Audience(rooms=["task_1"], related=Related("task_1", ["assignee"])))
        two = notify_to(audience=Audience(rooms=["task_1"], related=Related("task_2", ["assignee"])))
        assert (one.room, two.room) == ("task_1", None)


def test_pages_of_people_of_whom_few_are_told_go_on_to_the_end() -> None:
    crowd = make_crowd(12)
    User.objects.filter(pk__in=crowd[:9]).update(is_active=False)
    make_room("task_1", *crowd)
    assert [user for user, _ in who(Audience(users=crowd), limit=2)] == crowd[9:11]
    assert [user for user, _ in who(Audience(rooms=["task_1"], users=crowd), limit=2, after=crowd[9])] == crowd[10:]


def test_a_page_takes_the_same_few_queries_whatever_its_size() -> None:
    make_room("few", *make_crowd(2, "few"))
    make_room("many", *make_crowd(60, "many"))

    def queries(name: str, everyone: bool = False) -> int:
        audience = Audience(roles=[name], rooms=[name], related=Related(name, ["assignee"]), everyone=everyone)
        with CaptureQueriesContext(connection) as counted:
            who(audience)
        return len(counted)

    assert queries("few") == queries("many") == 3
    assert queries("few", everyone=True) == queries("many", everyone=True) == 4


def test_an_audience_survives_being_stored() -> None:
    related = Related("project:789", ("manager",))
    named = Audience(users=(3, 1), roles=("crew",), rooms=("task_1",), related=related, exclude=(2,))
    audience = replace(named, namespace="/", reasons={3: "assignee"})
    stored = audience.as_json()
    again = Audience.from_json(stored)
    assert again.as_json() == stored
    assert (list(again.users), dict(again.reasons), again.related) == ([3, 1], {3: "assignee"}, related)
