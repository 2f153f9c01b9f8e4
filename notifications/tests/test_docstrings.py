"""Examples in docstrings are tests."""

import doctest
import importlib
import pkgutil
from types import ModuleType

import pytest

import notifications

LEFT_OUT = (".tests", ".migrations")
NAMES = [
    name
    for _, name, _ in pkgutil.walk_packages(notifications.__path__, "notifications.")
    if not any(part in name for part in LEFT_OUT)
]


def examples(module: ModuleType) -> list[doctest.DocTest]:
    return [found for found in doctest.DocTestFinder().find(module) if found.examples]


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_of_a_module_come_out_as_written(name: str) -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    said: list[str] = []
    for example in examples(importlib.import_module(name)):
        runner.run(example, out=said.append)
    assert runner.failures == 0, "".join(said)


def test_examples_are_found() -> None:
    assert examples(importlib.import_module("notifications.wire"))
    assert examples(importlib.import_module("notifications.words.kind"))
