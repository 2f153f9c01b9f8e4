"""What a person's page can be narrowed to."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from ...api.filtering import AnyOf, KindNames, Moment
from ...api.staff.filters import having_status
from ...events import Channel, Priority
from ...models import Live, NotificationLog
from ...wire import STATUS

LOOKED_THROUGH = 2_000  # of this person's, the newest: a rare word would be looked for among all of them


def _choice(words: list[str]) -> forms.Select:
    return forms.Select(choices=[("", "any"), *((word, word) for word in words)])


def _time() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "date"})


class ToldFilter(django_filters.FilterSet):
    status = AnyOf(method="by_status", label="Status", known=list(STATUS), widget=_choice(list(STATUS)))
    channel = AnyOf(method="by_channel", label="Sent by", known=Channel.values, widget=_choice(Channel.values[1:6]))
    priority = AnyOf(method="by_priority", label="Priority", known=Priority.values, widget=_choice(Priority.values))
    kind = KindNames("kind", label="Kind")
    since = Moment(field_name="created_at", lookup_expr="gte", label="Since", widget=_time())
    until = Moment(field_name="created_at", lookup_expr="lte", label="Until", widget=_time())

    class Meta:
        model = NotificationLog
        fields: tuple[str, ...] = ()

    @property
    def is_used(self) -> bool:
        return any(self.data.get(name) for name in self.filters)

    def by_status(self, rows: QuerySet[Any], name: str, given: list[str]) -> QuerySet[Any]:
        return rows.filter(having_status(given))

    def by_priority(self, rows: QuerySet[Any], name: str, given: list[str]) -> QuerySet[Any]:
        return rows.filter(priority__in=[Priority(word).rank for word in given])

    def by_channel(self, rows: QuerySet[Any], name: str, given: list[str]) -> QuerySet[Any]:
        live = Q(live=Live.SEND) if Channel.WEBSOCKET in given else Q()
        outside = Q(deliveries__channel__in=given, deliveries__outcome__in=["send", "hold"])
        return rows.filter(live or outside) if live else rows.filter(outside).distinct()
