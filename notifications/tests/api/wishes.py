"""How these tests read and write what a person wants."""

from typing import Any

from django.contrib.auth.models import User

from .people import client_of, get

PREFERENCES = "/api/notifications/preferences/"
NUMBER = "+491701234567"


def read(person: User | None, path: str = PREFERENCES) -> dict[str, Any]:
    answer = get(person, path)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def patch(person: User | None, body: Any) -> Any:
    return client_of(person).patch(PREFERENCES, body, format="json")


def put(person: User | None, body: Any) -> Any:
    return client_of(person).put(PREFERENCES, body, format="json")
