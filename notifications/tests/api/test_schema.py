"""The OpenAPI document: it can be made, and it is one."""

from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema


@pytest.fixture(scope="module")
def document() -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)


def test_the_document_is_valid(document: Any) -> None:
    validate_schema(document)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/notifications/devices/", {"get", "post"}),
        ("/api/notifications/devices/{id}/", {"delete"}),
        ("/api/notifications/preferences/", {"get", "put", "patch"}),
        ("/api/notifications/preferences/verify_phone/", {"post"}),
        ("/api/notifications/preferences/confirm_phone/", {"post"}),
        ("/api/admin/channels/", {"get"}),
        ("/api/admin/channels/{channel}/pause/", {"post"}),
        ("/api/admin/channels/{channel}/resume/", {"post"}),
        ("/api/admin/suppressions/", {"get"}),
        ("/api/admin/suppressions/{id}/", {"delete"}),
        ("/api/admin/webhooks/", {"get", "post"}),
        ("/api/admin/webhooks/{id}/", {"delete"}),
        ("/api/admin/webhooks/{id}/rotate/", {"post"}),
    ],
)
def test_every_address_has_its_place(path: str, methods: set[str], document: Any) -> None:
    assert set(document["paths"][path]) == methods


def test_the_list_of_devices_brings_the_key_to_subscribe_with(document: Any) -> None:
    listed = document["paths"]["/api/notifications/devices/"]["get"]["responses"]["200"]
    name = listed["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert "vapid_public_key" in document["components"]["schemas"][name]["properties"]
