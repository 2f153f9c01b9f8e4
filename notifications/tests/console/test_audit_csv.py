"""The audit in the console: every field is a filter, and what was found is a harmless file."""

import csv
import io
from collections.abc import Callable
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import Client

from notifications import audit
from notifications.admin.audit.csv import parts, without_blocking
from notifications.models import AuditEntry, Event

PATH = "/admin/notifications/auditentry/"


def rows(browser: Client, query: str = "") -> list[list[str]]:
    answer: Any = browser.post(f"{PATH}csv/{query}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_each_field_is_a_filter(chief: Client, people: dict[str, User], notify_to: Callable[..., Event]) -> None:
    event = notify_to(people["engineer"], actor_id=people["admin"].pk)
    audit.record("device.added", "device", 5, actor=(7, "gone"), target_user_id=people["engineer"].pk)
    for query, found in (
        ("action=device.added", 1),
        ("actor=admin", 1),
        ("actor=7", 1),
        ("actor=nobody", 0),
        ("target=engineer", 1),
        ("entity_type=device", 1),
        (f"entity_id={event.pk}", 2),
        ("since=hour", 3),
        ("action=device.added&actor=admin", 0),
    ):
        shown: Any = chief.get(f"{PATH}?{query}").context["cl"]
        assert len(shown.result_list) == found, query
    for query in ("action=device.added", "target=engineer", "entity_type=device"):
        assert [row[4] for row in rows(chief, f"?{query}")[1:]] == ["device.added"], query


def test_a_formula_is_only_text_in_a_spreadsheet(chief: Client) -> None:
    audit.record("x.y", "thing", "=1+1", actor=(1, '=HYPERLINK("http://evil")'), note="@SUM(A1)")
    [head, _export, entry] = rows(chief)
    assert head[0] == "id"
    assert entry[3] == '\'=HYPERLINK("http://evil")'
    assert entry[6] == "'=1+1"
    assert not [cell for cell in entry if cell.startswith(("=", "+", "-", "@"))]


def test_the_file_is_the_newest_first_and_taking_it_is_an_act(chief: Client) -> None:
    for number in range(3):
        audit.record("x.y", "thing", number)
    assert [row[6] for row in rows(chief, "?action=x.y")[1:]] == ["2", "1", "0"]
    entry = AuditEntry.objects.get(action="staff.audit_export")
    assert (entry.actor_name, entry.metadata["asked"]) == ("admin", "action=x.y")


def test_a_server_that_serves_asynchronously_reads_it_part_by_part() -> None:
    async def gathered() -> list[str]:
        return [part async for part in without_blocking(iter(["a,b\r\n", "1,2\r\n"]))]

    assert async_to_sync(gathered)() == ["a,b\r\n", "1,2\r\n"]


def test_what_is_too_much_for_one_file_is_said(db: None) -> None:
    for number in range(4):
        audit.record("x.y", "thing", number)
    said = list(csv.reader("".join(parts(AuditEntry.objects.all(), most=3, chunk=2)).splitlines()))
    assert len(said) == 5
    assert said[-1][0].startswith("More than 3 entries")
