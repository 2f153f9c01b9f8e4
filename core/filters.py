import django_filters
from django.db.models import Case, QuerySet, Value, When

from .models import Priority, Status, Ticket

_URGENCY = Case(*(When(priority=name, then=Value(rank)) for rank, name in enumerate(Priority.values)))


class TicketFilter(django_filters.FilterSet):
    """`?status= &priority= &ordering=`; a value that is none of theirs is refused with 400."""

    status = django_filters.ChoiceFilter(choices=Status.choices)
    priority = django_filters.ChoiceFilter(choices=Priority.choices)
    ordering = django_filters.ChoiceFilter(
        choices=[(name, name) for name in ("created_at", "-created_at", "priority", "-priority")],
        method="ordered",
        label="Ordering",
    )

    class Meta:
        model = Ticket
        fields = ("status", "priority")

    def ordered(self, tickets: QuerySet[Ticket], name: str, given: str) -> QuerySet[Ticket]:
        """By urgency rather than by the alphabet; the newest first among equals."""
        descending, column = given.startswith("-"), given.lstrip("-")
        if column == "priority":
            return tickets.order_by(_URGENCY.desc() if descending else _URGENCY.asc(), "-pk")
        return tickets.order_by(given, "-pk" if descending else "pk")
