"""docs/asyncapi.yaml is an AsyncAPI 3.0 document, and says of a notification what the OpenAPI document says."""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from rest_framework.test import APIClient

from notifications.sockets.consumer import NotificationConsumer
from notifications.sockets.frames import Close

from .asyncapi import CLIENT, PATH, SERVER, spoken
from .openapi import documented

pytestmark = pytest.mark.once
DOCUMENT: dict[str, Any] = spoken().document

# what AsyncAPI 3.0 lets each object have, and what it must: https://www.asyncapi.com/docs/reference/specification/v3.0.0
_REF = {
    "type": "object",
    "required": ["$ref"],
    "properties": {"$ref": {"type": "string"}},
    "additionalProperties": False,
}
_TEXT = {"type": "string"}
_MESSAGE = {
    "type": "object",
    "required": ["payload"],
    "properties": {
        **dict.fromkeys(["name", "title", "summary", "description", "contentType"], _TEXT),
        "payload": _REF,
        "examples": {
            "type": "array",
            "minItems": 1,
            "items": {
                "required": ["payload"],
                "properties": {"payload": {"type": "object"}},
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
_OPERATION = {
    "type": "object",
    "required": ["action", "channel"],
    "properties": {
        **dict.fromkeys(["title", "summary", "description"], _TEXT),
        "action": {"enum": ["send", "receive"]},
        "channel": _REF,
        "messages": {"type": "array", "items": _REF},
    },
    "additionalProperties": False,
}
_CHANNEL = {
    "type": "object",
    "required": ["address", "messages"],
    "properties": {
        **dict.fromkeys(["address", "title", "summary", "description"], _TEXT),
        "servers": {"type": "array", "items": _REF},
        "messages": {"type": "object", "additionalProperties": _REF},
        "bindings": {"type": "object"},
    },
    "additionalProperties": False,
}
_SERVER = {
    "type": "object",
    "required": ["host", "protocol"],
    "properties": {
        **dict.fromkeys(["host", "protocol", "description"], _TEXT),
        "security": {"type": "array", "items": _REF},
    },
    "additionalProperties": False,
}
_SCHEME = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": {"enum": ["apiKey", "httpApiKey", "http"]},
        "in": {"enum": ["user", "query", "header", "cookie"]},
    },
}
_ROOT = {
    "type": "object",
    "required": ["asyncapi", "info", "channels", "operations"],
    "properties": {
        "asyncapi": {"const": "3.0.0"},
        "id": {"type": "string", "format": "uri"},
        "info": {"type": "object", "required": ["title", "version"]},
        "defaultContentType": _TEXT,
        "servers": {"type": "object", "additionalProperties": _SERVER},
        "channels": {"type": "object", "additionalProperties": _CHANNEL},
        "operations": {"type": "object", "additionalProperties": _OPERATION},
        "components": {
            "type": "object",
            "properties": {
                "securitySchemes": {"type": "object", "additionalProperties": _SCHEME},
                "messages": {"type": "object", "additionalProperties": _MESSAGE},
                "schemas": {"type": "object", "additionalProperties": {"type": "object"}},
            },
            "additionalProperties": False,
        },
    },
    "patternProperties": {"^x-": True},
    "additionalProperties": False,
}


def _refs(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from _refs(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _refs(inner)


def _found(ref: str) -> Any:
    part: Any = DOCUMENT
    for name in ref.removeprefix("#/").split("/"):
        part = part[name.replace("~1", "/").replace("~0", "~")]
    return part


def test_it_has_what_asyncapi_asks_for_and_nothing_else() -> None:
    found = jsonschema_rs.Draft202012Validator(_ROOT, validate_formats=True).iter_errors(DOCUMENT)
    assert not [f"{error.instance_path}: {error.message[:200]}" for error in found]


def test_what_it_refers_to_is_there_and_what_is_there_is_referred_to() -> None:
    refs = set(_refs(DOCUMENT))
    for ref in refs:
        assert _found(ref) is not None, ref
    for kind in ("messages", "schemas", "securitySchemes"):
        for name in DOCUMENT["components"][kind]:
            assert f"#/components/{kind}/{name}" in refs, f"nothing refers to {kind}/{name}"


def test_an_operation_s_messages_are_those_of_its_channel() -> None:
    for name, operation in DOCUMENT["operations"].items():
        for message in operation.get("messages", ()):
            assert message["$ref"].startswith(operation["channel"]["$ref"] + "/messages/"), name


def test_each_schema_is_one() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_each_message_has_an_example_and_each_example_is_one() -> None:
    for name, message in DOCUMENT["components"]["messages"].items():
        validator = spoken().validator(message["payload"]["$ref"].rpartition("/")[2])
        for example in message["examples"]:
            assert not [error.message for error in validator.iter_errors(example["payload"])], name


def test_what_clients_may_send_is_what_the_server_obeys() -> None:
    assert {event for who, event in spoken().frames if who == CLIENT} == set(NotificationConsumer.OBEY)


def test_the_close_codes_are_those_of_the_code() -> None:
    codes = DOCUMENT["x-close-codes"]
    assert set(codes) == {*Close, 1009}
    assert {code for code, said in codes.items() if not said["come_back"]} == {1000, 4401, 4403}


def test_a_notification_is_what_it_is_over_rest() -> None:
    here, there = (document["components"]["schemas"]["Notification"] for document in (DOCUMENT, documented().document))
    assert set(here["properties"]) == set(there["properties"])
    assert set(here["required"]) == set(there["required"])
    rest = documented().document["components"]["schemas"]
    for name, enum in (("category", "Category"), ("priority", "Priority"), ("status", "NotificationStatus")):
        assert here["properties"][name]["enum"] == rest[enum]["enum"]
    for name, field in here["properties"].items():
        if field.get("type") and there["properties"][name].get("type"):
            assert field["type"] == there["properties"][name]["type"], name


def test_what_it_says_is_said_in_the_protocol_too() -> None:
    protocol = (PATH.parent / "protocol.md").read_text()
    for who, event in spoken().frames:
        if who in (CLIENT, SERVER):
            assert re.search(rf"`{event}\b", protocol), event
    for code in DOCUMENT["x-close-codes"]:
        assert str(code) in protocol


def test_it_is_served() -> None:
    answer = APIClient().get("/api/asyncapi.yaml")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/yaml")
    assert answer.content == PATH.read_bytes()
