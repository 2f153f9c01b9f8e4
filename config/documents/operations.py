"""What the OpenAPI document says of each operation that our own code does not spell out at the view.

The summary is the first sentence of the docstring, the description the rest. Errors follow from what an operation is:
who may call it, whether it takes a body, a list's parameters or an id. What only one operation refuses stands in
operations.yaml.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from drf_spectacular.openapi import AutoSchema
from rest_framework.permissions import SAFE_METHODS, AllowAny

HERE = Path(__file__).parent
_END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^a-z])")


@cache
def said(name: str) -> dict[str, Any]:
    """One of the tables beside this module."""
    found: dict[str, Any] = yaml.safe_load((HERE / f"{name}.yaml").read_text())
    return found


class Operation(AutoSchema):
    """One method of one address."""

    def get_summary(self) -> str:
        return str(self._more.get("summary") or self._sentences[0])

    def get_description(self) -> str:  # type: ignore[override] # drf-spectacular's own has no path either
        return str(self._more.get("description") or " ".join(self._sentences[1:]))

    def get_tags(self) -> list[str]:
        path = self.path
        return [next(tag["name"] for tag in said("tags")["tags"] if any(path.startswith(at) for at in tag["paths"]))]

    def _get_parameters(self) -> list[dict[str, Any]]:
        meanings = {**said("parameters"), **self._more.get("parameters", {})}
        return [_with_meaning(one, meanings) for one in super()._get_parameters()]

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status, body in bodies.items():
            body["description"] = body["description"] or _WELL[status]
            if "example" in self._more:
                body["content"]["application/json"]["example"] = self._more["example"]
        for status, name in self._errors():
            bodies.setdefault(status, {"$ref": f"#/components/responses/{name}"})
        for status, codes in self._more.get("refuses", {}).items():
            bodies[str(status)] = _refusal(codes)
        return dict(sorted(bodies.items()))

    def _errors(self) -> Iterator[tuple[str, str]]:
        view, is_write = self.view, self.method not in SAFE_METHODS
        if is_write or self._get_parameters_in("query"):
            yield "400", "Invalid"
        if AllowAny not in view.permission_classes:
            yield "401", "NotAuthenticated"
            yield "403", "NotAllowed"
        if self._get_parameters_in("path") or self._get_parameters_in("query", "page"):
            yield "404", "NotFound"
        if is_write:
            yield "413", "TooLarge"
            yield "415", "UnsupportedMediaType"
        if view.throttle_classes:
            yield "429", "Throttled"
        yield "503", "Unavailable"

    def _get_parameters_in(self, place: str, name: str | None = None) -> list[dict[str, Any]]:
        return [one for one in self._get_parameters() if one["in"] == place and name in (None, one["name"])]

    @property
    def _sentences(self) -> list[str]:
        text = " ".join((super().get_description() or "").split())
        return _END_OF_SENTENCE.split(text)

    @property
    def _more(self) -> dict[str, Any]:
        return dict(said("operations").get(self.get_operation_id()) or {})


def _with_meaning(parameter: dict[str, Any], meanings: dict[str, str]) -> dict[str, Any]:
    several = {"style": "form", "explode": False} if parameter["schema"].get("type") == "array" else {}
    return {**parameter, "description": parameter.get("description") or meanings.get(parameter["name"], ""), **several}


_WELL = {"200": "Done.", "201": "Made.", "202": "Accepted: stored, and told from now on.", "204": "Done."}


def _refusal(codes: dict[str, str]) -> dict[str, Any]:
    """What this operation alone refuses: each code with its meaning."""
    schema = {"$ref": "#/components/schemas/Refusal", "properties": {"code": {"enum": list(codes)}}}
    examples = {code: {"value": {"detail": f"{meaning}.", "code": code}} for code, meaning in codes.items()}
    told = "; ".join(f"`{code}`: {meaning}" for code, meaning in codes.items())
    return {"description": f"{told}.", "content": {"application/json": {"schema": schema, "examples": examples}}}
