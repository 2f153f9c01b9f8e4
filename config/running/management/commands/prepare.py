"""manage.py prepare: the database as this version needs it."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from config.running import health
from notifications.models import Installation

_LOCK = 7_216_483  # any number, as long as all of ours use the same


class Command(BaseCommand):
    help = "Migrations, catalogue and settings checked, static files gathered. Safe to repeat; `serve` refuses without."

    requires_system_checks = []  # made below, after the migrations, with those that ask the database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="and demo data, if the database is empty")

    def handle(self, *args: Any, **options: Any) -> None:
        if problem := health.database_problem():
            raise CommandError(problem)
        with _alone():
            call_command("migrate", interactive=False, verbosity=options["verbosity"])
            Installation.objects.get_or_create(pk=1)
        call_command("check", databases=["default"], stdout=io.StringIO())
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        if options["demo"]:
            call_command("seed_demo", if_empty=True, stdout=self.stdout if options["verbosity"] else io.StringIO())
        if options["verbosity"]:
            self.stdout.write("Prepared.")


@contextmanager
def _alone() -> Iterator[None]:
    """Several machines may start at once: on Postgres the later ones wait, and find nothing left to do."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
