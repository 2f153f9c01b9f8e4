"""manage.py erase_user: remove what is kept about a person; docs/audit-and-privacy.md has it to the letter."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications import privacy

from .notify import id_of


class Command(BaseCommand):
    help = "Erase a person for good: manage.py erase_user ada. The audit stays whole, without the name."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="a username or an id; one that was erased is looked through again")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--dry-run", action="store_true", help="do it all, say what it was, and take it back")

    def handle(self, *args: Any, **options: Any) -> None:
        name, user_id = options["user"], id_of(options["user"])
        is_trial = options["dry_run"]
        if not (is_trial or options["yes"]):
            self._ask(name, user_id)
        try:
            done = privacy.erase(user_id, is_trial=is_trial)
        except privacy.Objection as objection:
            raise CommandError(str(objection)) from objection
        self._tell(done)
        self.stdout.write("Nothing was changed." if is_trial else f"User {user_id} is erased. Backups still have them.")

    def _ask(self, name: str, user_id: int) -> None:
        self.stdout.write(
            f"User {user_id} ({name}), everything they were told, and their name in what others were told."
        )
        self.stdout.write("This cannot be undone. `--dry-run` says what it would be; `export_user` keeps a copy.")
        if input("Type the username (or id) again to erase: ") != name:
            raise CommandError("Not the same: nothing was changed.")

    def _tell(self, done: Mapping[str, int]) -> None:
        for what, count in done.items():
            if count:
                self.stdout.write(f"{count:>8,} {what}")
