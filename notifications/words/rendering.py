"""Words with variables. Liquid: templates may come from people who must not reach attributes or loop for ever."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from liquid import BoundTemplate, Environment, StrictUndefined
from liquid.exceptions import LiquidError, UndefinedError
from liquid.static_analysis import Variable

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


class CannotRender(Exception):
    """The words do not work out with this context: too long, without end, or a filter that cannot take the value."""


@lru_cache(maxsize=512)
def _parsed(words: str) -> BoundTemplate:
    return _ENVIRONMENT.from_string(words)


def render(words: str, context: Mapping[str, Any]) -> str:
    """The words with the context filled in. Raises MissingVariable with the dotted name, or CannotRender."""
    template = _parsed(words)
    try:
        return template.render(dict(context))
    except UndefinedError as error:
        missing = next((str(path) for path in _paths(words) if not _holds(context, path.segments)), str(error))
        raise MissingVariable(missing) from error
    except LiquidError as error:
        raise CannotRender(str(error)) from error


def variables(words: str) -> list[str]:
    """The dotted paths that the words read from the context."""
    return sorted({str(path) for path in _paths(words)})


def _paths(words: str) -> list[Variable]:
    return [path for found in _parsed(words).analyze().globals.values() for path in found]


def mistake(words: str) -> str | None:
    """Why these words cannot be used as a template, or None."""
    try:
        used = _parsed(words).analyze().filters
    except LiquidError as error:
        return str(error)
    strange = sorted(set(used) - set(_ENVIRONMENT.filters))
    return f"there is no filter {strange[0]!r}" if strange else None


def _holds(context: Any, segments: Sequence[Any]) -> bool:
    for part in segments:
        try:
            context = context[part]
        except (LookupError, TypeError):  # not there, or nothing that has parts
            return False
    return True
