"""docs/asyncapi.yaml, as the frames of sockets and streams are held against it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from typing import Any

import jsonschema_rs
import yaml
from django.conf import settings

PATH = settings.BASE_DIR / "docs" / "asyncapi.yaml"
_SCHEMAS = "#/components/schemas/"
CLIENT, SERVER, STREAM = "client", "server", "stream"
Name = tuple[str, str]  # who speaks, what event


class Spoken:
    """Compiles each frame's schema once. `seen` counts (who, event) and ("close", code)."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = yaml.safe_load(PATH.read_text())
        self.schemas = closed(self.document["components"]["schemas"])
        self.frames: Mapping[Name, str] = dict(_named(self.document))
        self.seen: Counter[tuple[str, str]] = Counter()
        self.validator = cache(self._validator)

    def objections(self, who: str, event: str, payload: Any) -> Iterator[str]:
        """What is not as the document says."""
        if (who, event) not in self.frames:
            yield f"{who}: {event} is no event of theirs"
            return
        self.seen[(who, event)] += 1
        for error in self.validator(self.frames[(who, event)]).iter_errors(payload):
            place = "/".join(map(str, error.instance_path))
            yield f"{who}: {event}: /{place}: {error.message[:500]}"

    def is_right(self, frame: Mapping[str, Any]) -> bool:
        """Whether a client may say it so. Tests say much that it may not."""
        name = (CLIENT, frame["event"])
        if name not in self.frames or not self.validator(self.frames[name]).is_valid(frame):
            return False
        self.seen[name] += 1
        return True

    def closed_with(self, code: int) -> Iterator[str]:
        self.seen[("close", str(code))] += 1
        if code not in self.document["x-close-codes"]:
            yield f"closed with {code}, which is no code of ours"

    def _validator(self, schema: str) -> jsonschema_rs.Draft202012Validator:
        whole = {"$ref": _SCHEMAS + schema, "components": {"schemas": self.schemas}}
        return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)

    def known(self) -> Iterator[tuple[str, str]]:
        """As `seen` names them."""
        yield from self.frames
        yield from (("close", str(code)) for code in self.document["x-close-codes"])


def _named(document: Mapping[str, Any]) -> Iterator[tuple[Name, str]]:
    """Which schema a frame has, by who speaks and the event's name."""
    sent = {ref["$ref"].rpartition("/")[2] for ref in document["operations"]["sendFrames"]["messages"]}
    for key, message in document["components"]["messages"].items():
        schema = message["payload"]["$ref"].removeprefix(_SCHEMAS)
        name = message.get("name", key)
        who = STREAM if key.startswith("stream_") else CLIENT if key in sent else SERVER
        said = document["components"]["schemas"][schema].get("properties", {}).get("event", {})
        for event in said.get("enum", [name]) if who == SERVER else [name]:
            yield (who, event), schema


def closed(schemas: Mapping[str, Any]) -> dict[str, Any]:
    """As the tests read them: whatever is said is named. Clients must take them as open."""
    made = deepcopy(dict(schemas))
    for schema in made.values():
        for part in schema.pop("allOf", ()):
            base = deepcopy(schemas[part["$ref"].removeprefix(_SCHEMAS)])
            schema["required"] = [*base["required"], *schema.get("required", ())]
            schema["properties"] = {**base["properties"], **schema["properties"]}
        _close(schema)
    return made


def _close(schema: Any) -> None:
    if isinstance(schema, list):
        for one in schema:
            _close(one)
    elif isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            schema.setdefault("additionalProperties", False)
        for inner in schema.values():
            _close(inner)


@cache
def spoken() -> Spoken:
    return Spoken()
