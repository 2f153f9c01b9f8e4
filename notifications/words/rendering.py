"""Words with variables. Liquid: templates may come from people who must not reach attributes or loop for ever.

Everything is bounded by counting, not by the clock: what is refused is refused on every machine, each time.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, wraps
from typing import Any, cast

from liquid import BoundTemplate, Environment, RenderContext, StrictUndefined
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.expressions.logical import BooleanExpression
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import FilterArgumentError, LiquidError, ResourceLimitError, UndefinedError
from liquid.expression import Expression
from liquid.output import LimitedStringIO
from liquid.static_analysis import Variable
from liquid.utils import ReadOnlyChainMap

LONGEST_WORDS = 10_000  # characters of a template
LONGEST_TAG = 300  # characters from {{ to }}: Liquid's lexer takes its time over long ones
MOST_PARTS = 500  # tags, outputs, variables, literals and filters of one template, all together
MOST_WORK = 500_000  # characters read while it is filled in; each turn of a loop counts as many as there are parts
LARGEST_NUMBER = 10**18
_TAGS = {"assign", "break", "case", "comment", "continue", "doc", "for", "if", "unless", "#"}
_TAGS |= {"content", "illegal", "output"}  # what Liquid calls text, mistakes and {{ }}
_FILTERS = (  # none of them makes text grow
    *("abs", "at_least", "at_most", "ceil", "divided_by", "floor", "minus", "modulo", "plus", "round", "times"),
    *("capitalize", "downcase", "lstrip", "rstrip", "squish", "strip", "truncate", "truncatewords", "upcase"),
    *("default", "first", "last", "size", "slice"),
)
_OPENING, _CLOSING = re.compile(r"\{[{%]"), {"{{": "}}", "{%": "%}"}
_DIRECTIVE = re.compile(r"%-?[aAbBdHIjmMpSyYzZ%]|[^%]")


class MissingVariable(Exception):
    """The words use a variable that the context does not hold."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class CannotRender(Exception):
    """The words do not work out with this context: too long, without end, or a filter that cannot take the value."""


class Unusable(CannotRender):
    """Words that are no template of ours. `str()` says where and why."""

    def __init__(self, why: str, *, line: int = 1, column: int = 1) -> None:
        super().__init__(f"line {line}, column {column}: {why}")
        self.why, self.line, self.column = why, line, column


# --- what a template may do -------------------------------------------------
class _Missing(StrictUndefined):
    """An error wherever it is shown; `{% if it %}` and `{{ it | default: … }}` may ask whether it is there."""

    allowed_properties = StrictUndefined.allowed_properties | {"__liquid__"}
    force_liquid_default = True

    def __liquid__(self) -> object:
        return None


class Allowance:
    """How much work is left, for one template or for several together."""

    def __init__(self, left: int = MOST_WORK) -> None:
        self.left = left

    def spend(self, work: int) -> None:
        self.left -= work
        if self.left < 0:
            raise ResourceLimitError("it takes too much work to fill in", token=None)


class _Counted(RenderContext):
    """Adds up how many characters were read, and stops when they are too many."""

    def __init__(self, template: BoundTemplate, *, parts: int, allowance: Allowance, **options: Any) -> None:
        super().__init__(template, **options)
        self.parts, self.allowance = parts, allowance
        self.scope = ReadOnlyChainMap(self.locals, self.globals)  # without Liquid's own `now` and `today`

    def get(self, path: list[object], **options: Any) -> object:
        found = super().get(path, **options)
        self.spend(found)
        return found

    def spend(self, *values: object) -> None:
        self.allowance.spend(sum(map(_size, values)))

    def raise_for_loop_limit(self, length: int = 1) -> None:
        super().raise_for_loop_limit(length)
        self.allowance.spend(length * self.parts)


class _Bounded(Environment):
    block_nesting_limit = 10
    loop_iteration_limit = 200
    output_stream_limit = 4 * LONGEST_WORDS  # bytes
    local_namespace_limit = 20_000
    context_depth_limit = 20


def _size(value: object) -> int:
    kind = type(value)  # plain JSON; and isinstance() would ask a missing value for its class
    if kind is str:
        return len(cast(str, value)) + 1
    if kind is dict:
        return 1 + sum(map(_size, cast(dict[str, object], value).values()))
    return 1 + sum(map(_size, cast(list[object], value))) if kind in (list, tuple) else 1


def _counted(inner: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, as long as what goes in and what comes out stays small."""

    @wraps(inner)
    def run(left: object, *args: object, context: _Counted, **options: Any) -> object:
        context.spend(left, *args)
        made = inner(left, *args, **options)
        if type(made) in (int, float) and not abs(made) <= LARGEST_NUMBER:
            raise FilterArgumentError("the number becomes too large", token=None)
        context.spend(made)
        return made

    run.with_context = True  # type: ignore[attr-defined]
    return run


def _date(moment: object, form: str = "%d %B %Y") -> str:
    """`{{ due_at | date: "%d %B %Y, %H:%M" }}`, for times in ISO 8601."""
    try:
        return datetime.fromisoformat(str(moment)).strftime("".join(_DIRECTIVE.findall(str(form)[:64])))
    except ValueError as error:
        raise FilterArgumentError(f"date: {str(moment)[:40]!r} is no time in ISO 8601", token=None) from error


def _join(items: object, separator: str = ", ") -> str:
    if type(items) is not list:
        raise FilterArgumentError("join: this is no list", token=None)
    return str(separator)[:20].join(str(item) for item in items)


def _environment() -> Environment:
    made = _Bounded(undefined=_Missing, autoescape=False)  # text: whoever shows it escapes it
    made.filters = {name: _counted(made.filters[name]) for name in _FILTERS}
    made.filters |= {"date": _counted(_date), "join": _counted(_join)}
    made.tags = {name: tag for name, tag in made.tags.items() if name in _TAGS}
    return made


_ENVIRONMENT = _environment()


# --- reading a template -----------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Read:
    template: BoundTemplate
    parts: int
    paths: Sequence[Variable]
    optional: frozenset[str]


@lru_cache(maxsize=1024)
def _read(words: str) -> _Read:
    """Raises Unusable."""
    _refuse_long(words)
    try:
        template = _ENVIRONMENT.from_string(words)
        parts = list(_parts(template))
        _refuse_what_is_not_ours(words, parts)
        found = template.analyze()
    except LiquidError as error:
        raise _unusable(words, error) from error
    except RecursionError:
        raise Unusable("nested too deep") from None
    paths = [path for variables in found.globals.values() for path in variables]
    return _Read(template, len(parts), paths, frozenset(_asked_for(parts)))


def _refuse_long(words: str) -> None:
    if len(words) > LONGEST_WORDS:
        raise Unusable(f"at most {LONGEST_WORDS:,} characters")
    opened = _OPENING.search(words)
    while opened:
        ends = words.find(_CLOSING[opened.group()], opened.end(), opened.start() + LONGEST_TAG)
        if ends < 0:
            raise _at(words, opened.start(), f"this {opened.group()} is not closed within {LONGEST_TAG} characters")
        opened = _OPENING.search(words, ends)


def _parts(template: BoundTemplate) -> Iterator[Node | Expression]:
    """Each node and expression. Raises Unusable where they are too many."""
    context, waiting, count = RenderContext(template), list[Any](template.nodes), 0
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, Node):
            waiting += [*part.children(context), *part.expressions()]
        else:
            waiting += part.children()
            count += len(getattr(part, "filters", None) or ())
        count += 1
        if count > MOST_PARTS:
            raise Unusable(f"more than {MOST_PARTS} tags, variables and filters")


def _refuse_what_is_not_ours(words: str, parts: Sequence[Node | Expression]) -> None:
    for part in parts:
        if isinstance(part, RangeLiteral):
            raise _at(words, part.token.start_index, "there are no ranges: a loop goes over a list")
        if isinstance(part, FilteredExpression):
            for used in part.filters or ():
                if used.name not in _ENVIRONMENT.filters:
                    raise _at(words, used.token.start_index, f"there is no filter {used.name!r}")


def _asked_for(parts: Sequence[Node | Expression]) -> Iterator[str]:
    """Variables that the words can do without: tested by `if`, or given a default."""
    for part in parts:
        if isinstance(part, BooleanExpression) and isinstance(part.expression, Path):
            yield str(part.expression)
        if isinstance(part, FilteredExpression) and part.filters and part.filters[0].name == "default":
            yield str(part.left)


def _unusable(words: str, error: LiquidError) -> Unusable:
    where = error.context()
    why = str(error.message or type(error).__name__).replace("end of expression", "the end")
    return Unusable(why, line=where[0], column=where[1] + 1) if where else _at(words, len(words), why)


def _at(words: str, index: int, why: str) -> Unusable:
    before = words[: max(index, 0)]
    return Unusable(why, line=before.count("\n") + 1, column=len(before) - before.rfind("\n"))


# --- the verbs --------------------------------------------------------------
def render(words: str, context: Mapping[str, Any], *, allowance: Allowance | None = None) -> str:
    """The words with the context filled in. Raises MissingVariable with the dotted name, CannotRender or Unusable."""
    read, buffer = _read(words), LimitedStringIO(limit=_Bounded.output_stream_limit)
    filling_in = _Counted(read.template, parts=read.parts, allowance=allowance or Allowance(), globals=dict(context))
    try:
        read.template.render_with_context(filling_in, buffer)
    except UndefinedError as error:
        raise MissingVariable(_missing(words, context, error)) from error
    except LiquidError as error:
        raise CannotRender(str(error.message or type(error).__name__)) from error
    except (ArithmeticError, ValueError, TypeError, RecursionError) as error:  # a filter with a value nobody foresaw
        raise CannotRender(str(error)) from error
    return buffer.getvalue()


def variables(words: str) -> list[str]:
    """The dotted paths that the words read from the context."""
    return sorted({str(path) for path in _read(words).paths})


def required(words: str) -> list[str]:
    """Those without which they cannot be filled in: neither tested by `if` nor given a default."""
    return [path for path in variables(words) if path not in _read(words).optional]


def check(words: str) -> None:
    """Raises Unusable when these words cannot be used as a template."""
    _read(words)


def mistake(words: str) -> str | None:
    """Why, and where, these words cannot be used as a template, or None."""
    try:
        check(words)
    except Unusable as unusable:
        return str(unusable)
    return None


def _missing(words: str, context: Mapping[str, Any], error: UndefinedError) -> str:
    read = _read(words)
    needed = [path for path in read.paths if str(path) not in read.optional]
    absent = next((str(path) for path in [*needed, *read.paths] if not _holds(context, path.segments)), None)
    return absent or str(error.message).removesuffix(" is undefined").strip("'")


def _holds(context: Any, segments: Sequence[Any]) -> bool:
    for part in segments:
        try:
            context = context[part]
        except (LookupError, TypeError):  # not there, or nothing that has parts
            return False
    return True
