"""Words with variables. Liquid, because templates may come from people who must not reach attributes or loop for ever."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from liquid import BoundTemplate, Environment, StrictUndefined
from liquid.exceptions import LiquidError, UndefinedError

_REFUSED_FILTERS = ("replace", "append", "prepend")  # each can grow text without bound: docs/decisions.md
_REFUSED_TAGS = ("include", "render", "extends")


class _Bounded(Environment):
    loop_iteration_limit = 1000
    output_stream_limit = 20_000
    local_namespace_limit = 20_000
    context_depth_limit = 10


def _environment() -> Environment:
    made = _Bounded(undefined=StrictUndefined, autoescape=False)  # text: whoever shows it escapes it
    for name in _REFUSED_FILTERS:
        made.filters.pop(name, None)
    for name in _REFUSED_TAGS:
        made.tags.pop(name, None)
    return made


_ENVIRONMENT = _environment()


class MissingVariable(Exception):
    """The words use a variable that the context does not hold."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@lru_cache(maxsize=512)
def _parsed(words: str) -> BoundTemplate:
    return _ENVIRONMENT.from_string(words)


def render(words: str, context: Mapping[str, Any]) -> str:
    """The words with the context filled in. Raises MissingVariable with the dotted name."""
    template = _parsed(words)
    try:
        return template.render(**context)
    except UndefinedError as error:
        missing = next((path for path in variables(words) if not _holds(context, path)), str(error))
        raise MissingVariable(missing) from error


def variables(words: str) -> list[str]:
    """The dotted paths that the words read from the context."""
    return sorted({str(variable) for found in _parsed(words).analyze().globals.values() for variable in found})


def mistake(words: str) -> str | None:
    """Why these words cannot be used as a template, or None."""
    try:
        _parsed(words)
    except LiquidError as error:
        return str(error)
    return None


def _holds(context: Any, path: str) -> bool:
    for part in path.split("."):
        if not isinstance(context, Mapping) or part not in context:
            return False
        context = context[part]
    return True
