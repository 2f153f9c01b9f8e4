"""Adding to the figures, and counting what is about to be removed."""

from collections.abc import Mapping, Sequence

from django.db import connection
from django.db.models import F

from ..database import hold, id_list
from ..models import Counted, Figure, LateChange, NotificationLog
from .states import DELIVERIES, NOTIFICATIONS, Table, count_failed, count_rows
from .tallying import Key, Tallies, Tally, of_figures, of_lines, to_figure, together

LOCK = "figures"


def counted_up_to(table: Table) -> int:
    """The highest id that is in the figures; to be relied on while LOCK is held."""
    return Counted.objects.filter(pk=table.source).values_list("up_to", flat=True).first() or 0


def move_on(table: Table, up_to: int | None = None) -> None:
    """Figures have changed; those who are reading begin again. LOCK is held."""
    progress, _ = Counted.objects.get_or_create(pk=table.source)
    moved = {} if up_to is None else {"up_to": up_to}
    Counted.objects.filter(pk=progress.pk).update(version=F("version") + 1, **moved)


def add(tallies: Mapping[Key, Tally]) -> None:
    """To the figures of these days. LOCK is held."""
    if not tallies:
        return
    kept = of_figures(Figure.objects.filter(day__in={key.day for key in tallies}))
    sums = together({key: kept[key] for key in tallies if key in kept}, tallies)
    own = [field.name for field in Figure._meta.concrete_fields if not field.primary_key]
    Figure.objects.bulk_create(
        [to_figure(key, sums.get(key, Tally())) for key in tallies],
        update_conflicts=True,
        unique_fields=Key._fields,
        update_fields=[name for name in own if name not in Key._fields],
    )


def keep_figures_of(notification_ids: Sequence[int]) -> None:
    """Call it in the transaction that removes these rows and their deliveries, before it does: their figures stay.

    What has been counted stays as it was counted; the rest is counted now.
    """
    hold(LOCK)
    add(together(_failed_ones(notification_ids), *(_uncounted(table, notification_ids) for table in _OWNERS)))
    for table in _OWNERS:
        move_on(table)


_OWNERS = {NOTIFICATIONS: "id", DELIVERIES: "notification_id"}


def _uncounted(table: Table, notification_ids: Sequence[int]) -> Tallies:
    these, ids = id_list(notification_ids)
    where = f"r.{_OWNERS[table]} {these} AND r.id > %s"
    params = [ids, counted_up_to(table)]
    found = of_lines(count_rows(table, where, params))
    with connection.cursor() as cursor:  # what was noted of them is in their last state
        cursor.execute(
            f"""DELETE FROM {LateChange._meta.db_table} WHERE source = '{table.source}'
                   AND row_id IN (SELECT id FROM {table.name} AS r WHERE {where})""",
            params,
        )
    return found


def _failed_ones(notification_ids: Sequence[int]) -> Tallies:
    """`failed` is not counted with the rest: it is looked up as long as a row is there."""
    return of_lines(count_failed(NotificationLog.objects.filter(pk__in=notification_ids)))
