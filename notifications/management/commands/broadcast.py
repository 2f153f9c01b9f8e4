"""manage.py broadcast: tell everybody, or everybody with a role, and watch it being written."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications import audience, expansion
from notifications.dispatch import notify
from notifications.events import Audience, Event, Priority, Refused
from notifications.models import Event as EventRow

from .notify import id_of

BAR = 40  # characters


class Command(BaseCommand):
    help = 'Tell everybody: manage.py broadcast "We move on Monday" --title "New office" --role engineer'

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("message")
        parser.add_argument("--title")
        parser.add_argument("--role", action="append", default=[], help="only those with this role; may be repeated")
        parser.add_argument("--exclude", action="append", default=[], help="a username or an id; may be repeated")
        parser.add_argument("--type", default="system_announcement", dest="kind", help="a kind of the catalogue")
        parser.add_argument("--priority", choices=Priority.values)

    def handle(self, *args: Any, **options: Any) -> None:
        roles, exclude = options["role"], [id_of(name) for name in options["exclude"]]
        event = Event(
            kind=options["kind"],
            audience=Audience(everyone=not roles, roles=roles, exclude=exclude),
            title=options["title"],
            message=options["message"],
            priority=options["priority"],
            source="command line",
        )
        try:
            accepted = notify(event)
        except Refused as refused:
            raise CommandError(f"{refused.field}: {refused.message}") from refused
        self._write_all(accepted, audience.size(event.audience, namespace=accepted.namespace))

    def _write_all(self, event: EventRow, total: int) -> None:
        """Chunk by chunk, ourselves: workers that are there take turns with us, and none need be."""
        event.refresh_from_db()
        while event.state == EventRow.State.EXPANDING:
            self._show(event.recipients, total)
            expansion.expand_chunk(event.pk)
            event.refresh_from_db()
        self._show(event.recipients, event.recipients)
        if self.stdout.isatty():
            self.stdout.write("")
        self.stdout.write(f"{event.pk} {event.state}: {event.recipients} told")

    def _show(self, done: int, total: int) -> None:
        if self.stdout.isatty():
            share = done / total if total else 1.0
            bar = "█" * int(share * BAR)
            self.stdout.write(f"\r{bar:░<{BAR}} {share:4.0%}  {done:,} of {total:,}", ending="")
            self.stdout.flush()
        else:
            self.stdout.write(f"{done} of {total}")
