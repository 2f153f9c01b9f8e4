"""No compiler has seen examples/flutter/tidings.dart: its paths, frames and fields are compared with the product's."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import resolve

from notifications.api.inbox import action_serializers
from notifications.api.inbox.serializers import NotificationSerializer
from notifications.sockets.consumer import NotificationConsumer

ROOT = Path(__file__).resolve().parents[2]
DART = (ROOT / "examples" / "flutter" / "tidings.dart").read_text()
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()
CALLS = re.findall(r"_call\('(\w+)', (?:unread \? '[^']+' : )?'([^']+)'(?:, body: \{([^}]*)\})?", DART)
TAKES = {
    "snooze": action_serializers.SnoozeSerializer,
    "act": action_serializers.ActSerializer,
    "mark_all_as_read": action_serializers.MarkAllSerializer,
    "ack": action_serializers.AckSerializer,
}

pytestmark = pytest.mark.once


def serves(method: str, path: str) -> Any:
    found: Any = resolve(path.replace("$id", "7")).func
    routed = getattr(found, "views", {}).get(method.lower(), found)
    return routed.actions.get(method.lower())


def test_every_path_is_a_route_that_takes_its_method() -> None:
    assert len(CALLS) > 10
    for method, path, _ in CALLS:
        assert serves(method, path), f"{method} {path}"


def test_every_body_has_the_fields_of_its_action() -> None:
    said = {path.rstrip("/").split("/")[-1]: re.findall(r"'(\w+)':", body) for _, path, body in CALLS if body}
    for action, serializer in TAKES.items():
        assert said[action], action
        assert set(said[action]) <= set(serializer().fields), action


def test_every_field_it_reads_is_one_of_a_notification() -> None:
    read = set(re.findall(r"json\['(\w+)'\]", DART))
    assert len(read) > 10
    assert read <= set(NotificationSerializer().fields)


def test_every_frame_it_sends_is_obeyed_and_every_one_it_hears_is_promised() -> None:
    sent = set(re.findall(r"_send\('(\w+)'", DART))
    assert {"ack", "resume", "pong"} <= sent <= set(NotificationConsumer.OBEY)
    heard = set(re.findall(r"case '(\w+)'", DART)) | set(re.findall(r"\|\| '(\w+)'", DART))
    section = PROTOCOL.split("| server sends | data |")[1].split("`rev` rises")[0]
    promised = set(re.findall(r"`(\w+)`", " ".join(line.split("|")[1] for line in section.splitlines() if "|" in line)))
    assert {"notification", "caught_up", "reset"} <= heard
    assert heard <= promised


def test_the_readme_says_that_it_was_not_compiled() -> None:
    assert "not compiled" in (ROOT / "examples" / "README.md").read_text()
