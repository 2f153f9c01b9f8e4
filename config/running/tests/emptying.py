"""A test that commits leaves rows behind, and the tables are emptied after it; the audit's would refuse that.

A plug-in of the test run (pytest.ini). The triggers are put up again by what follows a flush as it follows a migration.
"""

from typing import Any

import pytest


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    from django.test import TransactionTestCase

    cases: Any = TransactionTestCase  # how they empty is nowhere in their types
    empty = cases._fixture_teardown

    def open_and_empty(case: TransactionTestCase) -> None:
        from django.db import connection

        from notifications.audit import guard

        guard.remove(connection)
        empty(case)

    cases._fixture_teardown = open_and_empty
