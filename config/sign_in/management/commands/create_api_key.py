"""A key for another backend."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.sign_in.keys import issuing
from config.sign_in.models import ServiceAccount


class Command(BaseCommand):
    help = "Makes an API key for another backend and prints it, once; its account is made if there is none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", help="the backend's name, shown as the sender")
        parser.add_argument("--scope", action="append", required=True, choices=issuing.Scope.values)
        parser.add_argument("--people", help="the group of its own users, for socket tickets (a new account's)")
        parser.add_argument("--days", type=int, help="how long the key is good; for ever without")

    def handle(self, *args: Any, account: str, scope: list[str], **options: Any) -> None:
        if (days := options["days"]) is not None and not 1 <= days <= 36_500:
            raise CommandError("--days: between 1 and 36500.")
        found = ServiceAccount.objects.filter(name=account).first() or _new(account, options["people"])
        expires_at = timezone.now() + timedelta(days=days) if days else None
        row, key = issuing.create_key(found, scope, expires_at=expires_at)
        self.stderr.write(f"{row.prefix}… of {found}: {', '.join(row.scopes)}. It is shown this once:")
        self.stdout.write(key)


def _new(name: str, people: str | None) -> ServiceAccount:
    group = Group.objects.filter(name=people).first() if people else None
    if people and group is None:
        raise CommandError(f"--people: there is no group {people!r}.")
    try:
        return issuing.create_account(name, people=group)
    except ValidationError as error:
        raise CommandError(f"account: {' '.join(error.messages)}") from error
