"""People and tickets to try things with; see docs/requirements.md, Demo data."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from core import workflow
from core.models import Priority
from core.roles import ADMIN

PASSWORD = "demo"  # noqa: S105  # known to everybody, hence DEBUG only
WITHOUT_ROLE = ("outsider",)
PEOPLE = {
    "admin": ("Ada", "Okafor"),
    "manager": ("Marta", "Lindgren"),
    "engineer": ("Emil", "Sato"),
    "engineer2": ("Noor", "Haddad"),
    "requester": ("Rosa", "Almeida"),
    "outsider": ("Otis", "Berg"),
    "driver": ("Dario", "Conti"),
    "rider": ("Rina", "Patel"),
    "reviewer": ("Renske", "Visser"),
    "volunteer": ("Vera", "Novak"),
    "vendor": ("Victor", "Mensah"),
}


class Command(BaseCommand):
    help = "Fill an empty database with the demo's people (password “demo”) and a few tickets. Needs DEBUG."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="Do nothing, instead of failing, where there is no place for a demo.",
        )

    def handle(self, *args: Any, if_empty: bool, **options: Any) -> None:
        if obstacle := _obstacle():
            if not if_empty:
                raise CommandError(obstacle)
            self.stdout.write(f"No demo data: {obstacle}")
            return
        seed()
        self.stdout.write(self.style.SUCCESS(f"Demo data: {', '.join(PEOPLE)}; the password of each is “{PASSWORD}”."))


def _obstacle() -> str | None:
    if not settings.DEBUG:
        return "DEBUG is off, and the demo's password is known to everybody."
    if User.objects.exists():
        return "There are users already; the demo is for an empty database."
    return None


@transaction.atomic
def seed() -> None:
    """All of it or nothing; the inboxes fill when it commits."""
    _tickets(_people())


def _people() -> dict[str, User]:
    password = make_password(PASSWORD)  # once: eleven rounds of PBKDF2 would take most of the first start
    people = {}
    for username, (first_name, last_name) in PEOPLE.items():
        user = User.objects.create(
            username=username,
            first_name=first_name,
            last_name=last_name,
            email=f"{username}@demo.example",
            password=password,
            is_staff=username == ADMIN,
            is_superuser=username == ADMIN,
        )
        if username not in WITHOUT_ROLE:
            user.groups.add(Group.objects.get_or_create(name=username.rstrip("0123456789"))[0])
        people[username] = user
    return people


def _tickets(people: dict[str, User]) -> None:
    """One ticket in each state, each by the way that leads there."""
    admin, manager, requester = people["admin"], people["manager"], people["requester"]
    engineer, engineer2 = people["engineer"], people["engineer2"]

    scanner = _reported(requester, "The badge scanner at the east door beeps but stays shut", Priority.URGENT)
    _handed_out(scanner, manager, [engineer, engineer2], hours=4)
    workflow.start_work(scanner, actor=engineer)
    workflow.add_comment(scanner, actor=requester, text="It did open once around noon, in case that helps.")

    printer = _reported(requester, "Printer on the second floor eats every third page", Priority.NORMAL)
    _handed_out(printer, manager, [engineer], hours=26)
    workflow.start_work(printer, actor=engineer)
    workflow.finish_work(printer, actor=engineer, comment="Replaced the pick-up roller and printed fifty pages.")
    workflow.approve(printer, actor=manager)

    backups = _reported(admin, "Last night's backup report never came", Priority.HIGH)
    _handed_out(backups, manager, [engineer2], hours=8)
    workflow.start_work(backups, actor=engineer2)
    workflow.finish_work(backups, actor=engineer2, comment="The mail relay had been full since nine; it is sent again.")

    wifi = _reported(requester, "Wi-Fi drops in the meeting room behind the kitchen", Priority.NORMAL)
    _handed_out(wifi, manager, [engineer2], hours=48)
    workflow.start_work(wifi, actor=engineer2)
    workflow.finish_work(wifi, actor=engineer2, comment="Moved the access point to the ceiling.")
    workflow.reject(wifi, actor=manager, reason="It still drops when the door is closed; please try another channel.")

    _handed_out(_reported(admin, "Renew the certificate of the intranet", Priority.HIGH), manager, [engineer], hours=72)
    workflow.open_ticket(_reported(requester, "A second screen for the reception desk", Priority.LOW), actor=manager)
    _reported(requester, "The projector shows everything in green", Priority.NORMAL)


def _reported(by: User, title: str, priority: Priority) -> int:
    return workflow.create(actor=by, title=title, priority=priority).pk


def _handed_out(ticket_id: int, manager: User, engineers: list[User], *, hours: int) -> None:
    workflow.open_ticket(ticket_id, actor=manager)
    due = timezone.now() + timedelta(hours=hours)
    workflow.assign(ticket_id, actor=manager, assigned_to=engineers, resolution_due_at=due)
