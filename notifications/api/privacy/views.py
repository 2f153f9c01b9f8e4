"""Everything that is kept about the person who asks."""

from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from ... import audit, privacy
from ..reaching.views import actor


class ExportViewSet(ViewSet):
    """What is kept about you."""

    limits = {"list": "export"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @transaction.atomic
    def list(self, request: Request) -> HttpResponse:
        """Everything that is kept about you. One JSON file, from the account to what the audit says."""
        person = actor(request)
        said = "".join(privacy.export(person[0]))
        audit.record("person.exported", "user", person[0], actor=person, target_user_id=person[0])
        named = {"Content-Disposition": 'attachment; filename="tidings-export.json"', "Cache-Control": "no-store"}
        return HttpResponse(said, content_type="application/json", headers=named)
