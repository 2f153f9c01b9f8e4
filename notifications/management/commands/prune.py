"""manage.py prune: retention and cap now, instead of within the hour."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from notifications.inbox import pruning


class Command(BaseCommand):
    help = "Remove read notifications that are kept no longer, expired ones, and read ones beyond the cap per person."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would go, and leave it")

    def handle(self, *args: Any, **options: Any) -> None:
        old, crowded = pruning.would_go() if options["dry_run"] else pruning.prune_all()
        verb = "would go" if options["dry_run"] else "removed"
        self.stdout.write(f"{old} kept long enough or expired, {crowded} beyond the cap: {verb}")
