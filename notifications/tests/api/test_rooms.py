"""Rooms: who makes them, who is in them, and that nobody learns by guessing which there are."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications import rooming
from notifications.models import AuditEntry, Event, Member, Room
from notifications.tests.at_once import all_at_once
from notifications.tests.crowd import everything_written, make_room, rows_of

from .people import client_of, get, post, refusal

MINE = "/api/notifications/rooms/"
ROOMS = "/api/admin/rooms/"
Notify = Callable[..., Event]


def delete(user: User | None, path: str, body: Any = None) -> Any:
    return client_of(user).delete(path, body, format="json")


def acts(action: str) -> list[tuple[int | None, int | None]]:
    """(who did it, to whom)."""
    return list(AuditEntry.objects.filter(action=action).order_by("pk").values_list("actor_id", "target_user_id"))


def test_staff_make_a_room_and_put_people_in_and_take_them_out(people: dict[str, User]) -> None:
    admin, engineer = people["admin"], people["engineer"]
    made = post(admin, ROOMS, {"room": "project:789"})
    assert made.status_code == 201
    assert made.json().items() >= {"room": "project:789", "open": False, "members": 0, "created_by": admin.pk}.items()
    members = f"{ROOMS}project:789/members/"
    for role in ("", "assignee", "assignee"):
        answer = post(admin, members, {"user_id": engineer.pk, "as": role})
        assert answer.json().items() >= {"user_id": engineer.pk, "username": "engineer", "as": role}.items()
    assert answer.status_code == 200, "the second time changes nothing"
    assert [(one["user_id"], one["as"]) for one in get(admin, members).json()["results"]] == [
        (engineer.pk, ""),
        (engineer.pk, "assignee"),
    ]
    assert get(admin, ROOMS).json()["results"][0]["members"] == 1
    assert delete(admin, members, {"user_id": engineer.pk, "as": "assignee"}).status_code == 204
    assert Member.objects.get().role == ""
    assert delete(admin, f"{members}?user_id={engineer.pk}").status_code == 204
    refusal(delete(admin, members, {"user_id": engineer.pk}), 404)
    assert not Member.objects.exists()
    assert acts("member.added") == acts("member.removed") == [(admin.pk, engineer.pk)] * 2


def test_making_a_room_again_opens_or_closes_it(people: dict[str, User]) -> None:
    admin = people["admin"]
    for asked, is_open in (({}, False), ({"open": True}, True), ({}, True), ({"open": None}, True)):
        assert post(admin, ROOMS, {"room": "task_123", **asked}).json()["open"] is is_open
    assert post(admin, ROOMS, {"room": "task_123", "open": False}).status_code == 200
    assert not Room.objects.get().is_open
    assert (len(acts("room.created")), len(acts("room.changed"))) == (1, 2)


def test_a_room_that_is_deleted_leaves_what_was_said_to_it(people: dict[str, User], notify_to: Notify) -> None:
    from notifications.events import Audience

    make_room("task_123", people["engineer"])
    notify_to(audience=Audience(rooms=["task_123"]))
    assert delete(people["admin"], f"{ROOMS}task_123/").status_code == 204
    refusal(delete(people["admin"], f"{ROOMS}task_123/"), 404)
    assert not Room.objects.exists()
    assert get(people["engineer"], "/api/notifications/").json()["results"][0]["room"] == "task_123"
    assert len(acts("room.deleted")) == 1


def test_people_join_open_rooms_and_leave_them(people: dict[str, User], notify_to: Notify) -> None:
    engineer = people["engineer"]
    make_room("lobby", is_open=True)
    joined = post(engineer, MINE, {"room": "lobby"})
    assert joined.status_code == 201
    assert joined.json().items() >= {"room": "lobby", "open": True, "as": []}.items()
    assert post(engineer, MINE, {"room": "lobby"}).status_code == 200
    listed = get(engineer, MINE).json()
    assert (listed["count"], listed["results"]) == (1, [joined.json()])
    assert get(people["outsider"], MINE).json()["count"] == 0
    assert delete(engineer, f"{MINE}lobby/").status_code == 204
    refusal(delete(engineer, f"{MINE}lobby/"), 404)
    assert get(engineer, MINE).json()["count"] == 0
    assert acts("room.joined") == acts("room.left") == [(engineer.pk, engineer.pk)]


def test_who_leaves_is_nothing_there_any_more(people: dict[str, User]) -> None:
    engineer = people["engineer"]
    make_room("task_1", engineer, role="assignee")
    make_room("task_1", engineer, role="manager")
    assert get(engineer, MINE).json()["results"][0]["as"] == ["assignee", "manager"]
    assert post(engineer, MINE, {"room": "task_1"}).status_code == 200, "one is in it, closed or not"
    assert delete(engineer, f"{MINE}task_1").status_code == 204
    assert not Member.objects.exists()


def test_nobody_learns_by_guessing_which_rooms_there_are(people: dict[str, User]) -> None:
    outsider = people["outsider"]
    make_room("secret", people["engineer"])
    make_room("lobby", people["engineer"], is_open=True)
    before = everything_written()
    asked = [(post(outsider, MINE, {"room": name}), 403) for name in ("secret", "no_such_room", "no/such", "b\u00e4r")]
    asked += [(delete(outsider, f"{MINE}{name}/"), 404) for name in ("secret", "lobby", "no_such_room")]
    for status in (403, 404):
        assert len({answer.content for answer, expected in asked if expected == status}) == 1
    assert all(answer.status_code == expected for answer, expected in asked)
    assert get(outsider, MINE).json()["count"] == 0
    for name in ("secret", "lobby", "no_such_room"):
        for path in (f"{ROOMS}{name}/", f"{ROOMS}{name}/members/"):
            refusal(get(outsider, path), 403)
            refusal(get(None, path), 401)
    assert everything_written() == before


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (ROOMS, {}, "room"),
        (ROOMS, {"room": ""}, "room"),
        (ROOMS, {"room": "x" * 129}, "room"),
        (ROOMS, {"room": "a/b"}, "room"),
        (ROOMS, {"room": "_a"}, "room"),
        (ROOMS, {"room": "bär"}, "room"),
        (ROOMS, {"room": "task_1", "open": "perhaps"}, "open"),
        (f"{ROOMS}there/members/", {}, "user_id"),
        (f"{ROOMS}there/members/", {"user_id": 10**9}, "user_id"),
        (f"{ROOMS}there/members/", {"user_id": 2**63}, "user_id"),
        (f"{ROOMS}there/members/", {"user_id": 1, "as": "x" * 33}, "as"),
        (MINE, {}, "room"),
        (MINE, {"room": ["lobby"]}, "room"),
    ],
)
def test_what_is_wrong_is_refused_by_its_name(path: str, body: Any, field: str, people: dict[str, User]) -> None:
    make_room("there")
    before = everything_written()
    assert field in refusal(post(people["admin"], path, body))
    assert everything_written() == before


def test_a_room_that_does_not_exist_is_a_404_for_staff(people: dict[str, User]) -> None:
    for path in ("no_such_room/", "no_such_room/members/"):
        refusal(get(people["admin"], ROOMS + path), 404)
    refusal(post(people["admin"], f"{ROOMS}no_such_room/members/", {"user_id": people["engineer"].pk}), 404)


def test_names_with_every_sign_work_in_addresses(people: dict[str, User]) -> None:
    for name in ("a", "project:789", "v1.2", "me@home", "x" * 128, "a+b-c_d"):
        post(people["admin"], ROOMS, {"room": name, "open": True})
        assert post(people["engineer"], MINE, {"room": name}).status_code == 201
        for end in ("", "/"):
            assert get(people["admin"], f"{ROOMS}{name}{end}").json()["members"] == 1
        assert delete(people["engineer"], f"{MINE}{name}/").status_code == 204


@pytest.mark.django_db(transaction=True)
def test_two_who_add_and_remove_at_once_end_up_with_one_or_none(people: dict[str, User]) -> None:
    room, engineer = make_room("task_1"), people["engineer"]
    actor = (people["admin"].pk, "admin")
    added = all_at_once(*[lambda: rooming.add_member(room.pk, engineer.pk, actor=actor)[1]] * 4)
    assert sorted(added) == [False, False, False, True]
    made = all_at_once(*[lambda: rooming.make("task_2", actor=actor)[1]] * 4)
    assert sorted(made) == [False, False, False, True]


def test_the_admin_page_makes_rooms_and_members_by_the_same_verbs(people: dict[str, User]) -> None:
    User.objects.filter(username="admin").update(is_superuser=True)
    browser = Client()
    browser.force_login(User.objects.get(username="admin"))
    engineer = people["engineer"]
    inline = {"members-TOTAL_FORMS": 1, "members-INITIAL_FORMS": 0}
    member = {"members-0-user": engineer.pk, "members-0-role": "assignee"}
    page = "/admin/notifications/room/"
    assert browser.post(f"{page}add/", {"name": "a b", **inline}).status_code == 200
    assert not Room.objects.exists()
    assert browser.post(f"{page}add/", {"name": "task_1", "is_open": "on", **inline, **member}).status_code == 302
    room = Room.objects.get()
    assert (room.name, room.is_open, room.created_by) == ("task_1", True, people["admin"])
    assert Member.objects.values_list("room__name", "user_id", "role").get() == ("task_1", engineer.pk, "assignee")
    assert "task_1" in browser.get(f"{page}?q=task").content.decode()
    taken = {**inline, "members-INITIAL_FORMS": 1, "members-0-id": room.members.get().pk, "members-0-room": room.pk}
    assert browser.post(f"{page}{room.pk}/change/", {**taken, "members-0-DELETE": "on"}).status_code == 302
    assert not room.members.exists()
    assert browser.post(f"{page}{room.pk}/delete/", {"post": "yes"}).status_code == 302
    for action in ("room.created", "member.added", "member.removed", "room.changed", "room.deleted"):
        assert [actor for actor, _ in acts(action)] == [people["admin"].pk], action


def test_what_was_said_to_a_room_reaches_who_is_offline(people: dict[str, User], notify_to: Notify) -> None:
    from notifications.events import Audience

    make_room("task_1", people["engineer"], people["requester"])
    notify_to(audience=Audience(rooms=["task_1"], exclude=[people["requester"].pk]))
    assert [row.reason for row in rows_of(people["engineer"])] == ["room task_1"]
    assert rows_of(people["requester"]) == []
