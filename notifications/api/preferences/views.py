"""What the signed-in person wants: the grid, filters, quiet hours, digests."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from ... import preferring
from ...models import Preference
from ..bodies import BoundedJSONParser
from ..reaching.views import actor
from .serializers import PreferencesSerializer


class PreferencesViewSet(GenericViewSet[Preference]):
    """What you want to hear, where and when. A change answers with the whole, as GET does."""

    queryset = Preference.objects.none()
    serializer_class = PreferencesSerializer
    parser_classes = (BoundedJSONParser,)
    pagination_class = None
    filter_backends = ()

    def retrieve(self, request: Request) -> Response:
        """What holds, for every kind on every channel."""
        return self._shown()

    def update(self, request: Request) -> Response:
        """All of it anew: what is left out is as if never said. What GET gave can be sent back, and changes nothing."""
        return self._changed(request, replaces=True)

    @extend_schema(request=PreferencesSerializer(partial=True))
    def partial_update(self, request: Request) -> Response:
        """Only what is said, down to a single cell; null is the default."""
        return self._changed(request, replaces=False)

    def _changed(self, request: Request, *, replaces: bool) -> Response:
        said: Any = request.data  # an object: the parser takes nothing else
        preferring.change(actor(request), said, replaces=replaces)
        return self._shown()

    def _shown(self) -> Response:
        return Response(self.get_serializer(self.get_object()).data)

    def get_object(self) -> Any:
        return preferring.shown(actor(self.request)[0])
