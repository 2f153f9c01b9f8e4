"""manage.py notify: tell somebody something, from a shell or a cron job."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications.dispatch import notify
from notifications.events import Audience, Event, Priority, Refused


class Command(BaseCommand):
    help = 'Send a notification: manage.py notify "The lift is out of order" --user engineer --role manager'

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("message")
        parser.add_argument("--title")
        parser.add_argument("--type", default="admin_message", dest="kind", help="a kind of the catalogue")
        parser.add_argument("--priority", choices=Priority.values)
        parser.add_argument("--user", action="append", default=[], help="a username or an id; may be repeated")
        parser.add_argument("--role", action="append", default=[], help="everybody with this role; may be repeated")
        parser.add_argument("--everyone", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        audience = Audience(
            users=[id_of(name) for name in options["user"]], roles=options["role"], everyone=options["everyone"]
        )
        if not (audience.users or audience.roles or audience.everyone):
            raise CommandError("Say who: --user, --role or --everyone.")
        event = Event(
            kind=options["kind"],
            audience=audience,
            title=options["title"],
            message=options["message"],
            priority=options["priority"],
            source="command line",
        )
        try:
            accepted = notify(event)
        except Refused as refused:
            raise CommandError(f"{refused.field}: {refused.message}") from refused
        accepted.refresh_from_db()
        self.stdout.write(f"{accepted.pk} {accepted.state}: {accepted.recipients} told so far")


def id_of(name: str) -> int:
    users = get_user_model().objects
    found = users.filter(username=name).first() or (users.filter(pk=name).first() if name.isdecimal() else None)
    if found is None:
        raise CommandError(f"There is no user {name!r}.")
    return found.pk
