"""manage.py check_ledger: does everything add up? Exit code 0, or 1 with what does not and where."""

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications.insight import ledger
from notifications.models import Event


class Command(BaseCommand):
    help = "Compare facts that were written independently: recipients, rows, counters, deliveries, attempts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--event", type=uuid.UUID, help="only this one")

    def handle(self, *args: Any, **options: Any) -> None:
        event_id = options["event"]
        if event_id and not Event.objects.filter(pk=event_id).exists():
            raise CommandError(f"There is no event {event_id}.")
        count = 0
        for finding in ledger.check(event_id):
            count += 1
            self.stdout.write(str(finding))
        if count:
            raise CommandError(f"{count} do not add up")
        checked = ", ".join(f"{n} {what}" for what, n in ledger.totals(event_id).items())
        self.stdout.write(f"{checked}: everything adds up")
