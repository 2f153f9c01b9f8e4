"""Figures of a period: everybody's for staff, one's own for everybody."""

from collections.abc import Callable, Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.utils.urls import replace_query_param
from rest_framework.viewsets import GenericViewSet

from ...figures.tallying import Tallies, Tally
from ...insight import analytics
from ...models import Figure
from .asking import MOST_PEOPLE, OwnQuerySerializer, QuerySerializer
from .serializers import AnalyticsSerializer, OwnAnalyticsSerializer

GROUPED: Mapping[str, Callable[[Tallies], Mapping[str, Tally]]] = {
    "day": analytics.by_day,
    "type": analytics.by_kind,
    "channel": analytics.by_channel,
    "priority": analytics.by_priority,
}


class OwnAnalyticsViewSet(GenericViewSet[Figure]):
    """What came of one's own notifications."""

    queryset = Figure.objects.none()
    pagination_class = None
    serializer_class: type[Serializer[Any]] = OwnAnalyticsSerializer

    @extend_schema(parameters=[OwnQuerySerializer], responses=OwnAnalyticsSerializer)
    def list(self, request: Request) -> Response:
        """Of those that are still there: created, delivered and read, by day, kind, channel or priority."""
        said = _asked(OwnQuerySerializer, request)
        assert request.user.pk
        tallies = analytics.of_person(request.user.pk, said["period"])
        return Response(_answer(said, tallies, _rows(GROUPED[said["by"]](tallies))))


class AnalyticsViewSet(GenericViewSet[Figure]):
    """What came of everybody's notifications."""

    queryset = Figure.objects.none()
    pagination_class = None
    permission_classes = [IsAdminUser]
    serializer_class: type[Serializer[Any]] = AnalyticsSerializer

    @extend_schema(parameters=[QuerySerializer], responses=AnalyticsSerializer)
    def list(self, request: Request) -> Response:
        """Totals, and rows by day, kind, channel, priority or person; removed notifications are remembered.

        By person, rows are counted from what is still there, and come in pages by id.
        """
        said = _asked(QuerySerializer, request)
        tallies = analytics.of_everybody(said["period"])
        if said["by"] != "user":
            return Response({**_answer(said, tallies, _rows(GROUPED[said["by"]](tallies))), "next": None})
        people, more = analytics.by_person(said["period"], after=said["after"], limit=min(said["limit"], MOST_PEOPLE))
        names = analytics.names_of(people)
        rows = [
            {"key": user_id, "username": names.get(user_id, ""), **analytics.numbers(tally)}
            for user_id, tally in people.items()
        ]
        url = replace_query_param(request.build_absolute_uri(), "after", more) if more else None
        return Response({**_answer(said, tallies, rows), "next": url})


def _asked(what: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    asked = what(data={name: value for name, value in request.query_params.items() if value})
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


def _answer(said: Mapping[str, Any], tallies: Tallies, rows: list[dict[str, Any]]) -> dict[str, Any]:
    period: analytics.Period = said["period"]
    return {
        "since": period.first.isoformat(),
        "until": period.last.isoformat(),
        "by": said["by"],
        "totals": analytics.numbers(analytics.total(tallies)),
        "rows": rows,
    }


def _rows(grouped: Mapping[str, Tally]) -> list[dict[str, Any]]:
    return [{"key": key, **analytics.numbers_of(key, tally)} for key, tally in grouped.items()]
