"""Under /api/. Both spellings are routes; the one with the slash is the one that is shown."""

from rest_framework.routers import SimpleRouter

from .views import TicketViewSet

_bare, _slashed = SimpleRouter(trailing_slash=False), SimpleRouter()
for _router in (_bare, _slashed):
    _router.register("tickets", TicketViewSet, basename="ticket")

urlpatterns = [*_bare.urls, *_slashed.urls]  # of two with one name the last is reversed
