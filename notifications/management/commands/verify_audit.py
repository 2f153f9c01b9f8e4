"""manage.py verify_audit: is the audit as it was written? Exit code 0, or 1 with what is not and where."""

import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications.audit.sealing import seal_next
from notifications.audit.verifying import Verification, waiting

MOST_SHOWN = 1000


class Command(BaseCommand):
    help = (
        "Hash everything again that was sealed, and compare: changed, removed, added and reordered entries are named."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", help="a hash that was noted elsewhere: it must still be in the chain")
        parser.add_argument("--seal", action="store_true", help="seal first what still waits, where no worker runs")

    def handle(self, *args: Any, **options: Any) -> None:
        noted = options["head"]
        if noted and not re.fullmatch("[0-9a-f]{64}", noted):
            raise CommandError("--head is 64 hexadecimal digits, as the log's `audit sealed` lines have them.")
        while options["seal"] and seal_next():
            pass
        verification = Verification(noted, progress=self._show)
        count = 0
        for count, finding in enumerate(verification.findings(), start=1):
            if count <= MOST_SHOWN:
                self.stdout.write(str(finding))
        if count:
            raise CommandError(f"{count} are not as they were sealed")
        self.stdout.write(f"{verification.entries:,} entries in {verification.batches:,} batches: as they were sealed")
        if left := waiting():
            self.stdout.write(f"{left:,} are not sealed yet")
        self.stdout.write(f"head {verification.head}")

    def _show(self, batches: int, of: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{batches:,} of {of:,} batches", ending="" if batches < of else "\n")
            self.stderr.flush()
