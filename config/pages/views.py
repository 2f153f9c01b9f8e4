"""What is more than a template."""

from pathlib import Path

from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

WORKER = "notifications/service-worker.js"


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The static file, from the root: a worker has the pages below its own address, and no others."""
    found = finders.find(WORKER)
    if not found:
        raise ImproperlyConfigured(f"{WORKER} is not among the static files")
    answer = HttpResponse(Path(found).read_bytes(), content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"  # a new version takes over at the next visit
    return answer
