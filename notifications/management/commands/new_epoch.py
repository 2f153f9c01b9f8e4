"""manage.py new_epoch: after a restored backup or a failover that lost commits. docs/operations.md says when."""

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from notifications import audit
from notifications.database import database_now
from notifications.models import Installation, Server


class Command(BaseCommand):
    help = (
        "Have every client reload: a seq given again after a restore is another notification. Stop the servers first."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            _refuse_while_somebody_serves()
            before, after = _change()
            audit.record("epoch.changed", "installation", 1, before=str(before), after=str(after))
        self.stdout.write(f"{after}: start the servers; each client that comes back reloads.")


def _refuse_while_somebody_serves() -> None:
    """A server reads the epoch once, and would go on to take cursors of the old one. Raises CommandError."""
    names = Server.objects.filter(lease_until__gt=database_now()).order_by("name").values_list("name", flat=True)
    if names:
        raise CommandError(
            f"Still served by {', '.join(names)}. Stop them; one that was killed is forgotten after 35 s."
        )


def _change() -> tuple[uuid.UUID, uuid.UUID]:
    Installation.objects.get_or_create(pk=1)
    row = Installation.objects.select_for_update().get(pk=1)
    before, row.epoch = row.epoch, uuid.uuid4()
    row.save(update_fields=["epoch"])
    return before, row.epoch
