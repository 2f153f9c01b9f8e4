"""How drf-spectacular makes the OpenAPI document."""

from typing import Any

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Tidings",
    "DESCRIPTION": "Stored, shown, acknowledged: notifications that are not lost and not shown twice.",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.1",
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "EXTERNAL_DOCS": {
        "url": "/api/asyncapi.yaml",
        "description": "The WebSocket and the event stream, as AsyncAPI 3.0.",
    },
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,  # what is sent and what is answered differ: read-only fields, defaults
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "Category": "notifications.events.Category",
        "ChannelName": "notifications.events.Channel",
        "Priority": "notifications.events.Priority",
        "NotificationStatus": "notifications.api.inbox.serializers.STATUSES",
        "EventStatus": "notifications.models.Event.State",
        "Outcome": "notifications.models.delivery.Outcome",
        "AttemptOutcome": "notifications.models.Attempt.Outcome",
        "DeliveryState": "notifications.models.Delivery.State",
        "DeviceKind": "notifications.models.Device.Kind",
        "TicketPriority": "core.models.Priority",
        "TicketStatus": "core.models.Status",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.documents.whole.complete",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": False},  # its links are put into buttons, which nobody can reach by keys
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
