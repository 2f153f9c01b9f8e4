"""The OpenAPI document, as requests and answers are held against it."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from threading import Lock
from typing import Any

import jsonschema_rs
from django.http import HttpRequest, HttpResponseBase
from drf_spectacular.generators import SchemaGenerator
from rest_framework.response import Response

Place = tuple[str, str]  # path, method
_MAKING = Lock()
_BEYOND = {405, 406}  # how HTTP itself is spoken: true of every address
_REFERS = re.compile(r"#/components/responses/(\w+)")


class _Generator(SchemaGenerator):
    """Remembers which view is behind which operation; other spellings of an address have the same."""

    def _get_paths_and_endpoints(self) -> list[tuple[str, str, str, Any]]:
        found: list[tuple[str, str, str, Any]] = super()._get_paths_and_endpoints()
        self.place_of = {(type(view), _act(view, method)): (path, method.lower()) for path, _, method, view in found}
        return found


def _act(view: Any, method: str) -> str:
    return str(getattr(view, "action", None) or method.lower())


class Documented:
    """Compiles each answer's schema once. `seen` counts (path, method, status)."""

    def __init__(self) -> None:
        generator = _Generator()
        self.document: dict[str, Any] = generator.get_schema(request=None, public=True)
        self.places: Mapping[tuple[type, str], Place] = {
            act: place for act, place in generator.place_of.items() if place[0] in self.document["paths"]
        }
        self.components = closed(self.document["components"])
        self.seen: Counter[tuple[str, str, int]] = Counter()
        self._beside = [(_pattern(path), path) for path in self.document["paths"]]
        self.validator = cache(self._validator)

    def objections(self, request: HttpRequest, response: HttpResponseBase) -> Iterator[str]:
        """What is not as the document says."""
        place, method = self._place(request, response), (request.method or "").lower()
        if place is None or method in ("head", "options") or response.status_code in _BEYOND:
            return
        self.seen[(*place, response.status_code)] += 1
        for why in self._wrong(place, response):
            yield f"{request.method} {request.path} → {response.status_code}: {why}"

    def _place(self, request: HttpRequest, response: HttpResponseBase) -> Place | None:
        method = (request.method or "").lower()
        if isinstance(response, Response) and hasattr(response, "renderer_context"):
            view: Any = (response.renderer_context or {}).get("view")
            return self.places.get((type(view), _act(view, method)))
        for pattern, path in self._beside:
            if method in self.document["paths"][path] and pattern.fullmatch(request.path):
                return path, method
        return None

    def _wrong(self, place: Place, response: HttpResponseBase) -> Iterator[str]:
        answers = self.answers(place)
        answer = answers.get(str(response.status_code))
        if answer is None:
            yield f"documented are only {', '.join(answers)}"
            return
        for header in answer.get("headers", {}):
            if header not in response.headers:
                yield f"there is no {header}"
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if kind == "application/json":
            yield from self.mismatches(place, response.status_code, json.loads(response.content))  # type: ignore[attr-defined]
        elif answer.get("content") and kind != "text/html" and kind not in answer["content"]:
            yield f"{kind} is not documented"

    def answers(self, place: Place) -> dict[str, Any]:
        """By status, with what is referred to put in."""
        path, method = place
        found = self.document["paths"][path][method]["responses"]
        return {status: self._resolved(answer) for status, answer in found.items()}

    def _resolved(self, answer: dict[str, Any]) -> dict[str, Any]:
        refers = _REFERS.fullmatch(answer.get("$ref", ""))
        return self.document["components"]["responses"][refers[1]] if refers else answer

    def mismatches(self, place: Place, status: int, body: Any) -> Iterator[str]:
        validator = self.validator(place, str(status))
        if validator is None:
            yield "no body is documented"
            return
        for error in validator.iter_errors(body):
            yield f"/{'/'.join(map(str, error.instance_path))}: {error.message[:500]}"

    def _validator(self, place: Place, status: str) -> jsonschema_rs.Draft202012Validator | None:
        schema = self.answers(place)[status].get("content", {}).get("application/json", {}).get("schema")
        return None if schema is None else self.compiled(schema)

    def compiled(self, schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
        return jsonschema_rs.Draft202012Validator({**schema, "components": self.components}, validate_formats=True)

    def known(self) -> Iterator[tuple[str, str, str]]:
        """As `seen` names them, in text."""
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield from ((path, method, status) for status in operation["responses"])


def closed(components: dict[str, Any]) -> dict[str, Any]:
    """As the tests read it: whatever is answered is named. Clients must take it as open."""
    made = deepcopy(components)
    for name, schema in made["schemas"].items():
        if "properties" in schema and not name.endswith("Request"):
            schema.setdefault("additionalProperties", False)
    return made


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path.rstrip("/"))) + "/?")


def documented() -> Documented:
    with _MAKING:  # 25 threads ask at once, and it cannot be made twice at the same time
        return _made()


@cache
def _made() -> Documented:
    return Documented()
