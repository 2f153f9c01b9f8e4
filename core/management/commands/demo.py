"""manage.py demo: a short story of each of the five systems, live: open the inbox page beside it and watch."""

import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.stories import STORIES, People

from .seed_demo import PASSWORD, PEOPLE

BAR = 30  # characters


class Command(BaseCommand):
    help = "Play a short story of each of the five systems to the demo's people. Needs manage.py seed_demo."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--story", action="append", choices=list(STORIES), help="only this; may be repeated")
        parser.add_argument("--pause-s", type=float, default=1.5, help="seconds between two steps (1.5)")

    def handle(self, *args: Any, story: list[str] | None, pause_s: float, **options: Any) -> None:
        if not 0 <= pause_s <= 3600:
            raise CommandError("--pause-s: from 0 to 3600 seconds.")
        people, names = _people(), story or list(STORIES)
        total = sum(STORIES[name].length for name in names)
        for done, line in enumerate(self._play(names, people), 1):
            self._show(done, total, line)
            if done < total:
                time.sleep(pause_s)
        if self.stdout.isatty():
            self.stdout.write("")
        self.stdout.write(f"{total} events told. They are in the inboxes at {settings.BASE_URL}.")

    def _play(self, names: list[str], people: People) -> Iterator[str]:
        """Each line once its step has happened."""
        for name in names:
            story = STORIES[name]
            watch = " or ".join(story.watch_as)
            self._line(self.style.MIGRATE_HEADING(f"{story.title}: sign in as {watch} (password “{PASSWORD}”)"))
            for line, act in story.steps(people):
                act()
                yield line

    def _line(self, text: str) -> None:
        clear = "\r\033[K" if self.stdout.isatty() else ""
        self.stdout.write(clear + text)

    def _show(self, done: int, total: int, line: str) -> None:
        if not self.stdout.isatty():
            self.stdout.write(f"{done} of {total}: {line}")
            return
        self._line(f"  {line}")
        bar = "█" * int(done / total * BAR)
        self.stdout.write(f"{bar:░<{BAR}} {done / total:4.0%}  {done} of {total}", ending="")
        self.stdout.flush()


def _people() -> People:
    """The demo's own, never anybody who happens to have such a name."""
    people = User.objects.filter(username__in=PEOPLE, email__endswith="@demo.example", is_active=True)
    found = {person.username: person for person in people}
    if missing := sorted(set(PEOPLE) - set(found)):
        raise CommandError(f"The demo's people are not there ({', '.join(missing)}): run manage.py seed_demo first.")
    return found
