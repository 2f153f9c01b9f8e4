"""Fields that only events have."""

import re
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ..bodies import read_json

_LINK = re.compile(r"(/(?![/\\])|https?://[^\s/\\])[^\s\\\x00-\x1f\x7f]*")


@extend_schema_field({"type": "object", "additionalProperties": {}})
class ObjectField(serializers.JSONField):
    """A JSON object; in a form, its text, and nothing is an empty one."""

    default_error_messages = {"not_an_object": "Not a JSON object."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if getattr(data, "is_json_string", False):
            data = read_json(str(data).strip() or "{}")
            data = {} if data is None else data
        if not isinstance(data, dict):
            self.fail("not_an_object")
        return dict(data)


class WordField(serializers.ChoiceField):
    """One of these words, in upper or lower case; null or blank leaves it to the kind."""

    def __init__(self, choices: Any, **options: Any) -> None:
        super().__init__(choices=choices, required=False, allow_null=True, allow_blank=True, default=None, **options)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data.lower() if isinstance(data, str) else data)


class TextField(serializers.CharField):
    """Text that may be left out."""

    def __init__(self, max_length: int, **options: Any) -> None:
        super().__init__(
            max_length=max_length, required=False, allow_null=True, allow_blank=True, default=None, **options
        )


class LinkField(TextField):
    """A path of this site, or an http(s) address; `javascript:` and `//elsewhere` are neither."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=500, **options)

    def to_internal_value(self, data: Any) -> str:
        link = super().to_internal_value(data)
        if link and not _LINK.fullmatch(link):
            raise serializers.ValidationError("A path that begins with one slash, or an http or https address.")
        return link
