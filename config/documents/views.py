"""The two documents: OpenAPI for requests, AsyncAPI for sockets and the event stream; and a page to read them."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from drf_spectacular.views import SpectacularSwaggerSplitView

ASYNCAPI = settings.BASE_DIR / "docs" / "asyncapi.yaml"


def asyncapi(request: HttpRequest) -> HttpResponse:
    return HttpResponse(ASYNCAPI.read_bytes(), content_type="application/yaml")


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own files; its script has an address of its own, since no page of ours has one inside."""

    template_name: Any = "documents/docs.html"
