"""Under /api/. Both spellings are routes; the one with the slash is the one that is shown and documented."""

from typing import Any

from rest_framework.routers import Route, SimpleRouter

from .views import TicketViewSet


class _BareRouter(SimpleRouter):
    def get_routes(self, viewset: Any) -> list[Route]:
        undocumented = {"schema": None}
        return [route._replace(initkwargs=route.initkwargs | undocumented) for route in super().get_routes(viewset)]


_bare, _slashed = _BareRouter(trailing_slash=False), SimpleRouter()
for _router in (_bare, _slashed):
    _router.register("tickets", TicketViewSet, basename="ticket")

urlpatterns = [*_bare.urls, *_slashed.urls]  # of two with one name the last is reversed
