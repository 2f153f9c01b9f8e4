"""manage.py export_user: everything that is kept about a person, as JSON."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications import audit, privacy

from .notify import id_of


class Command(BaseCommand):
    help = "Everything that is kept about a person, as JSON: manage.py export_user ada --output ada.json"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="a username or an id")
        parser.add_argument("--output", type=Path, help="a new file, for its owner's eyes only; else standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        user_id = id_of(options["user"])
        output = options["output"]
        if output is None:
            for piece in privacy.export(user_id):
                self.stdout.write(piece, ending="")
        else:
            self._write(user_id, output)
        audit.record("person.exported", "user", user_id, target_user_id=user_id)

    def _write(self, user_id: int, output: Path) -> None:
        try:
            made = os.open(output, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except OSError as error:
            raise CommandError(f"{output}: {error.strerror}") from error
        with os.fdopen(made, "w", encoding="utf-8") as file:
            file.writelines(privacy.export(user_id))
        self.stdout.write(f"{output}")
