"""Who comes to the API in these tests, and what they ask."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group, User
from rest_framework.test import APIClient

ROLE_OF = {
    "admin": "admin",
    "engineer": "engineer",
    "engineer2": "engineer",
    "requester": "requester",
    "outsider": None,
}


def make_people() -> dict[str, User]:
    """`admin` is staff; nobody else is."""
    people = {}
    for username, role in ROLE_OF.items():
        people[username] = User.objects.create(username=username, is_staff=username == "admin")
        if role:
            people[username].groups.add(Group.objects.get_or_create(name=role)[0])
    return people


def client_of(user: User | None) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def get(user: User | None, path: str, **query: Any) -> Any:
    return client_of(user).get(path, query)


def post(user: User | None, path: str, body: Any = None, *, key: str | None = None) -> Any:
    headers = {"Idempotency-Key": key} if key is not None else {}
    return client_of(user).post(path, {} if body is None else body, format="json", headers=headers)


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [one["id"] for one in answer.json()["results"]]


def refusal(answer: Any, status: int = 400) -> Mapping[str, Any]:
    """What a refused request is told; every refusal has a code."""
    assert answer.status_code == status, (answer.status_code, answer.content)
    told: Mapping[str, Any] = answer.json()
    assert told["code"]
    return told
