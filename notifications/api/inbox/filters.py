"""The filters of one's own list, and what it leaves out unless asked."""

from collections.abc import Collection, Mapping
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value
from django.db.models.functions import Now

from ...events import Category, Channel, Priority
from ...models import NotificationLog, Withdrawn, unexpired
from ..filtering import AnyOf, Kinds, Moment, WordsField, YesNo, channels, priorities

# created_at by seq: that is the order in which they came, and the index is there
_ORDERS: Mapping[str, tuple[str, ...]] = {
    "created_at": ("seq",),
    "-created_at": ("-seq",),
    "priority": ("priority", "-seq"),
    "-priority": ("-priority", "-seq"),
}
HIDDEN = ("archived", "snoozed", "expired", "cancelled", "replaced")


class SubjectField(WordsField):
    def _one(self, word: str) -> str:
        kind, colon, key = word.partition(":")
        if not (kind and colon and key):
            raise ValidationError("A kind and an id, such as ticket:5.")
        return word


class SubjectFilter(AnyOf):
    field_class = SubjectField


class Tagged(Func):
    """Whether a JSON list holds this word. SQLite has no operator for it."""

    output_field = BooleanField()

    def __init__(self, column: str, word: str) -> None:
        super().__init__(F(column), Value(word))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(
            compiler, connection, template="(%(expressions)s::text))", arg_joiner=" @> to_jsonb(", **context
        )

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "EXISTS (SELECT 1 FROM json_each(%(expressions)s)"
        return super().as_sql(compiler, connection, template=template, arg_joiner=") WHERE value = ", **context)


class InboxFilter(django_filters.FilterSet):
    is_read = YesNo(field_name="is_read")
    unread_only = YesNo(method="only_unread", label="Unread only")
    notification_type = Kinds(label="Kinds, in any spelling")
    channel = AnyOf(method="by_channel", label="Channel", known=Channel.values)
    category = AnyOf("event__category", label="Category", known=Category.values)
    priority = AnyOf(method="by_priority", label="Priority", known=Priority.values)
    min_priority = django_filters.ChoiceFilter(method="at_least", label="At least", choices=Priority.choices)
    subject = SubjectFilter(method="about", label="Subject, such as ticket:5")
    ticket = AnyOf(method="about_ticket", label="Ticket")
    thread = AnyOf("event__thread", label="Thread")
    source = AnyOf("event__source", label="Source")
    tag = AnyOf(method="tagged", label="Tag")
    since = Moment(field_name="created_at", lookup_expr="gte", label="Since")
    until = Moment(field_name="created_at", lookup_expr="lte", label="Until")
    search = django_filters.CharFilter(method="saying", label="Search", max_length=200)
    archived = YesNo(method="shown_apart", label="The archived ones")
    snoozed = YesNo(method="shown_apart", label="The snoozed ones")
    expired = YesNo(method="shown_apart", label="The expired ones")
    cancelled = YesNo(method="shown_apart", label="The cancelled ones")
    replaced = YesNo(method="shown_apart", label="The replaced ones")
    ordering = django_filters.ChoiceFilter(
        method="ordered", label="Ordering", choices=[(name, name) for name in _ORDERS], empty_label="-created_at"
    )

    class Meta:
        model = NotificationLog
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: QuerySet[NotificationLog]) -> QuerySet[NotificationLog]:
        rows: QuerySet[NotificationLog] = super().filter_queryset(queryset)
        return rows.filter(visible({name for name in HIDDEN if self.form.cleaned_data.get(name)}))

    def only_unread(self, rows: QuerySet[Any], name: str, wanted: bool) -> QuerySet[Any]:
        return rows.filter(is_read=False) if wanted else rows

    def by_channel(self, rows: QuerySet[Any], name: str, given: list[str]) -> QuerySet[Any]:
        return rows.filter(channels(given))

    def by_priority(self, rows: QuerySet[Any], name: str, given: list[str]) -> QuerySet[Any]:
        return rows.filter(priorities(given))

    def at_least(self, rows: QuerySet[Any], name: str, given: str) -> QuerySet[Any]:
        return rows.filter(priority__gte=Priority(given).rank)

    def about(self, rows: QuerySet[Any], name: str, given: list[str]) -> QuerySet[Any]:
        found = Q(pk__in=[])
        for subject in given:
            kind, _, key = subject.partition(":")
            found |= Q(event__subject_kind=kind, event__subject_id=key)
        return rows.filter(found)

    def about_ticket(self, rows: QuerySet[Any], name: str, given: list[str]) -> QuerySet[Any]:
        return rows.filter(event__subject_kind="ticket", event__subject_id__in=given)

    def tagged(self, rows: QuerySet[Any], name: str, given: list[str]) -> QuerySet[Any]:
        found = Q(pk__in=[])
        for tag in given:
            found |= Q(Tagged("event__tags", tag))
        return rows.filter(found)

    def saying(self, rows: QuerySet[Any], name: str, given: str) -> QuerySet[Any]:
        return rows.filter(event__search__contains=given.lower())

    def shown_apart(self, rows: QuerySet[Any], name: str, wanted: bool) -> QuerySet[Any]:
        return rows  # all five together: visible()

    def ordered(self, rows: QuerySet[Any], name: str, given: str) -> QuerySet[Any]:
        return rows.order_by(*_ORDERS[given])


def asked(given: Mapping[str, str]) -> frozenset[str]:
    """Which filters a request uses; the order of a list changes nothing about what is in it."""
    return frozenset(name for name in InboxFilter.base_filters if given.get(name)) - {"ordering"}


def visible(wanted: Collection[str] = ()) -> Q:
    """Not archived, snoozed, expired, cancelled or replaced; of `wanted`, only those that are."""
    visible = Q(archived_at__isnull="archived" not in wanted, snoozed_until__isnull="snoozed" not in wanted)
    withdrawn = {Withdrawn.EXPIRED, Withdrawn.CANCELLED, Withdrawn.REPLACED} & {*wanted}
    if not withdrawn:
        return visible & Q(withdrawn=Withdrawn.NO) & unexpired()
    gone = Q(withdrawn__in=withdrawn)
    if Withdrawn.EXPIRED in withdrawn:  # and those that the sweep has not come to yet
        gone |= Q(withdrawn=Withdrawn.NO, event__expires_at__lte=Now())
    return visible & gone
