"""Schemathesis asks every operation for whatever the document lets one ask, and for what it does not."""

import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, cast

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.sign_in import tokens

from .openapi import documented

THOROUGH = bool(os.environ.get("TIDINGS_TEST_THOROUGH"))
EXAMPLES = 100 if THOROUGH else 1  # of each operation, for each mode
WHO = ("superuser", "person", "nobody") if THOROUGH else ("superuser",)  # the more one may do, the more is tried
BESIDE = {"/api/notifications/stream/"}  # an ASGI application: notifications/tests/sockets/test_stream.py
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture
def in_quiet(db: None) -> Iterator[None]:
    """Each request keeps the test's own connection, and nobody counts or logs."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def headers_of(who: str) -> dict[str, str]:
    if who == "nobody":
        return {}
    person, _ = User.objects.get_or_create(
        username=who, is_staff=who == "superuser", is_superuser=who == "superuser", is_active=True
    )
    return {"Authorization": f"Bearer {tokens.issue(person)['access']}"}


@pytest.mark.once
@pytest.mark.usefixtures("in_quiet")
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
def test_nothing_breaks_and_every_answer_is_documented(mode: GenerationMode, who: str) -> None:
    schema = openapi.from_dict(documented().document)
    schema.app = get_wsgi_application()
    for found in schema.get_all_operations():
        operation = cast(Any, found).ok()
        if operation.path in BESIDE:
            continue
        answered = _ask(operation.as_strategy(generation_mode=mode), headers_of(who))
        may_lack_mistakes = mode is GenerationMode.NEGATIVE  # nothing wrong can be said to some
        assert answered or may_lack_mistakes, f"{operation.method} {operation.path} was never answered"


def _ask(cases: Any, headers: dict[str, str]) -> int:
    """How many were answered."""
    answered = 0

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def ask(case: Case) -> None:
        nonlocal answered
        cache.clear()  # the throttles
        case.validate_response(case.call(headers=headers), checks=CHECKS, headers=headers)
        answered += 1

    with suppress(Unsatisfiable):
        ask()
    return answered
