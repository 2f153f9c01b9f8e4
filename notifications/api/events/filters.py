import django_filters

from ...events import Category, Priority
from ...models import Event
from ..filtering import AnyOf, KindNames, Moment, Number


class EventFilter(django_filters.FilterSet):
    notification_type = KindNames("kind", label="Kinds, in any spelling")
    category = AnyOf("category", label="Category", known=Category.values)
    priority = AnyOf("priority", label="Priority", known=Priority.values)
    status = AnyOf("state", label="Status", known=Event.State.values)
    sender = Number(field_name="actor_id", label="Sender")
    since = Moment(field_name="created_at", lookup_expr="gte", label="Since")
    until = Moment(field_name="created_at", lookup_expr="lte", label="Until")

    class Meta:
        model = Event
        fields: tuple[str, ...] = ()
