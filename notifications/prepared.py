"""A short query that is asked all the time: the ORM says it once, and from then on it is only filled in and sent.

The ORM needs several times longer to put such a query into words than the database to answer it, and longer to make
models of the rows than to fetch them.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

import orjson
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import JSONField, Model, QuerySet
from django.db.models.base import ModelState

Row = TypeVar("Row", bound=Model)
_MARK = 2_113_000_000  # stands for a parameter while the ORM compiles; it fits into any column of whole numbers
_FIRST, _MOST = _MARK + 1_000, _MARK + 2_000
_ALL = 1_000_000
_LARGEST = 2**63 - 1


class Prepared(Generic[Row]):
    """`make` says the query; calling this asks it. Each of its parameters is a whole number, or annotated as a `str`.

    The rows are models, with what is selected beside them; they come without `__init__` and its signals.
    """

    def __init__(self, make: Callable[..., QuerySet[Row]], *, lock: str = "") -> None:
        """`lock`: what Postgres is to hold of the rows until the transaction ends, in its own words."""
        self._make, self._lock = make, lock

    def __call__(self, *given: int | str, first: int = 0, most: int = _ALL) -> list[Row]:
        """`most` rows from the `first` on, counted from 0."""
        if any(isinstance(one, int) and abs(one) > _LARGEST for one in given):
            return []  # no row has such a number, and SQLite could not even compare
        statement = self._statement
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, [*statement.filled(given), most, first])
            rows = cursor.fetchall()
        return [statement.made(row) for row in rows]

    @cached_property
    def _statement(self) -> "_Statement[Row]":
        given = inspect.signature(self._make).parameters.values()
        marks = [str(_MARK + i) if one.annotation is str else _MARK + i for i, one in enumerate(given)]
        lock = f" {self._lock}" if connection.features.has_select_for_update else ""
        query = self._make(*marks)[_FIRST : _FIRST + _MOST].query
        compiler = query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        columns = [column for column, _, _ in compiler.select]
        return _Statement(
            sql=sql.replace(f"LIMIT {_MOST} OFFSET {_FIRST}", "LIMIT %s OFFSET %s") + lock,
            params=[(marks.index(param), None) if param in marks else (None, param) for param in params],
            converters=[(i, _converter(*found)) for i, found in compiler.get_converters(columns).items()],
            whole=_Part.of(compiler.klass_info, compiler.select),
            annotations=compiler.annotation_col_map or {},
        )


class _Part(NamedTuple):
    """The columns that make one model, and the models beside it."""

    model: type[Model]
    names: Sequence[str]
    columns: slice
    key: int  # the column of the primary key: NULL where an outer join found nothing
    beside: Sequence[tuple["_Part", Callable[..., None], Callable[..., None]]]

    @classmethod
    def of(cls, found: Any, select: Sequence[Any]) -> "_Part":
        columns = slice(found["select_fields"][0], found["select_fields"][-1] + 1)
        names = [select[i][0].target.attname for i in found["select_fields"]]
        beside = [
            (cls.of(related, select), related["local_setter"], related["remote_setter"])
            for related in found.get("related_klass_infos", ())
        ]
        model = found["model"]
        return cls(model, names, columns, columns.start + names.index(model._meta.pk.attname), beside)

    def made(self, row: Sequence[Any]) -> Any:
        if row[self.key] is None:
            return None
        one = self.model.__new__(self.model)
        one.__dict__.update(zip(self.names, row[self.columns], strict=True))
        one._state = ModelState()
        one._state.adding, one._state.db = False, DEFAULT_DB_ALIAS
        for part, here, there in self.beside:
            other = part.made(row)
            here(one, other)
            if other is not None:
                there(other, one)
        return one


class _Statement(NamedTuple, Generic[Row]):
    sql: str
    params: Sequence[tuple[int | None, Any]]  # a place among what is given, or a value
    converters: Sequence[tuple[int, Callable[[Any], Any]]]
    whole: _Part
    annotations: Mapping[str, int]

    def filled(self, given: Sequence[int | str]) -> list[Any]:
        return [value if place is None else given[place] for place, value in self.params]

    def made(self, row: Sequence[Any]) -> Row:
        if self.converters:
            row = list(row)
            for column, convert in self.converters:
                row[column] = convert(row[column])
        one: Row = self.whole.made(row)
        for name, column in self.annotations.items():
            one.__dict__[name] = row[column]
        return one


def _converter(converters: Sequence[Any], expression: Any) -> Callable[[Any], Any]:
    """What makes Python's value of the database's."""
    if isinstance(expression.output_field, JSONField):
        return lambda value: None if value is None else orjson.loads(value)

    def convert(value: Any) -> Any:
        for one in converters:
            value = one(value, expression, connection)
        return value

    return convert
