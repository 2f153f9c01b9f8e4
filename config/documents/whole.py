"""The OpenAPI document as a whole: what its operations share, and the addresses that are no views of DRF's."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from .operations import said

Schema = dict[str, Any]
_OF_SCHEMAS = "#/components/schemas/"


def complete(result: Schema, generator: SchemaGenerator, **_: Any) -> Schema:
    """A postprocessing hook of drf-spectacular's, the last one."""
    shared = deepcopy(said("shared"))
    for kind, named in shared["components"].items():
        result["components"].setdefault(kind, {}).update(named)
    result["paths"] = dict(sorted({**result["paths"], **deepcopy(said("beside"))}.items()))
    result["tags"] = [{name: tag[name] for name in ("name", "description")} for tag in said("tags")["tags"]]
    _answers_are_whole(result["components"]["schemas"])
    for media in _media(result):
        _show_example(media)
    return result


def _answers_are_whole(schemas: Schema) -> None:
    """What may be left out of a request is there in the answer, where one serializer is for both."""
    for name, schema in schemas.items():
        if f"{name}Request" in schemas and "properties" in schema:
            schema["required"] = list(schema["properties"])


def _media(document: Schema) -> Iterator[Schema]:
    """What each request and answer holds, in whichever form."""
    for methods in document["paths"].values():
        for operation in methods.values():
            yield from operation.get("requestBody", {}).get("content", {}).values()
            for answer in operation["responses"].values():
                yield from answer.get("content", {}).values()


def _show_example(media: Schema) -> None:
    name = media.get("schema", {}).get("$ref", "").removeprefix(_OF_SCHEMAS)
    if name and "example" not in media and "examples" not in media and (example := _example(name)) is not None:
        media["example"] = example


def _example(name: str) -> Any:
    examples = said("examples")
    if name in examples:
        return examples[name]
    one = examples.get(name.removeprefix("Paginated").removesuffix("List"))
    if one is None:
        return None
    return {"count": 1, "next": None, "previous": None, "results": [one]}
