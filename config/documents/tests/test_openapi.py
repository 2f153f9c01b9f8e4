"""The OpenAPI document: valid, without a warning, and every operation is explained, with examples that are true."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema

from ..operations import said
from .openapi import documented

pytestmark = pytest.mark.once
DOCUMENT: dict[str, Any] = documented().document
OPERATIONS = {op["operationId"]: op for methods in DOCUMENT["paths"].values() for op in methods.values()}
PLACES = {op["operationId"]: (path, method) for path, ms in DOCUMENT["paths"].items() for method, op in ms.items()}
EACH = pytest.mark.parametrize("name", OPERATIONS)
NO_BODY = {"204"}


def test_it_is_valid_and_was_made_without_a_warning() -> None:
    validate_schema(DOCUMENT)
    assert DOCUMENT["openapi"].startswith("3.1")
    assert not GENERATOR_STATS, list(GENERATOR_STATS._warn_cache)


@EACH
def test_an_operation_says_what_it_does(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation["summary"].endswith((".", "?"))
    assert operation["tags"]
    assert operation["tags"][0] in [tag["name"] for tag in DOCUMENT["tags"]]
    for parameter in operation.get("parameters", ()):
        assert parameter["description"], parameter["name"]
    for status, answer in documented().answers(PLACES[name]).items():
        assert answer["description"], status


@EACH
def test_an_operation_names_its_errors(name: str) -> None:
    """Who may not, what is not there, what is wrong, what is too much: docs/protocol.md §4."""
    answers, (path, method) = documented().answers(PLACES[name]), PLACES[name]
    if not path.startswith("/api/") or name in ("notifications_stream", "token_create", "token_refresh_create"):
        return
    assert {"401", "403", "429", "503"} <= set(answers)
    assert "Retry-After" in answers["429"]["headers"]
    assert "Retry-After" in answers["503"]["headers"]
    if method != "get":
        assert {"400", "413"} <= set(answers)
    if "{" in path:
        assert "404" in answers


@EACH
def test_what_is_sent_and_answered_has_an_example_that_is_one(name: str) -> None:
    for media in _media(OPERATIONS[name]):
        examples = [media["example"]] if "example" in media else [one["value"] for one in media["examples"].values()]
        assert examples
        validator = documented().compiled(media["schema"])
        for example in examples:
            assert not [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(example)]


def _media(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from operation.get("requestBody", {}).get("content", {}).values()
    for answer in documented().answers(PLACES[operation["operationId"]]).values():
        yield from answer.get("content", {}).values()


def test_each_schema_is_one() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_the_tables_name_nothing_that_is_not_there() -> None:
    schemas = set(DOCUMENT["components"]["schemas"])
    items = {name.removeprefix("Paginated").removesuffix("List") for name in schemas}
    assert not set(said("examples")) - schemas - items
    assert not set(said("operations")) - set(OPERATIONS)
    named = {parameter["name"] for operation in OPERATIONS.values() for parameter in operation.get("parameters", ())}
    assert not set(said("parameters")) - named


def test_every_way_to_sign_in_has_its_scheme() -> None:
    assert {"token", "apiKey", "cookieAuth", "ticketQuery", "tokenQuery"} <= set(
        DOCUMENT["components"]["securitySchemes"]
    )
