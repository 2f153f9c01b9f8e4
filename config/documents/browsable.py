"""The API as pages: what DRF draws, where both spellings of a path are one page."""

from typing import Any
from urllib.parse import urlsplit

from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request


class Pages(BrowsableAPIRenderer):
    def get_breadcrumbs(self, request: Request) -> Any:
        """DRF takes a path without its last slash for another page, which it would name before it."""
        found = super().get_breadcrumbs(request)
        return list({urlsplit(url).path.rstrip("/"): (name, url) for name, url in found}.values())
