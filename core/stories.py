"""Five short stories, one for each business that Tidings serves, told by the calls that the business would make."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from notifications import convenience
from notifications.dispatch import notify
from notifications.events import Action, Audience, Event, Subject

from . import workflow
from .models import Priority

People = Mapping[str, User]
Step = tuple[str, Callable[[], object]]  # what happens, and the call that tells it


@dataclass(frozen=True)
class Story:
    """`steps` gives them one after the other; a later one may use what an earlier one made."""

    title: str
    watch_as: tuple[str, ...]
    length: int
    steps: Callable[[People], Iterator[Step]]


def _tell(kind: str, *people: User, actor: User | None = None, about: Subject | None = None, **fields: Any) -> Event:
    """An event with these fields of an Event, or else of its context, in the subject's thread."""
    known = {name: fields.pop(name) for name in ("title", "message", "link", "actions", "priority") if name in fields}
    return Event(
        kind=kind,
        audience=Audience(users=[person.pk for person in people]),
        actor_id=actor.pk if actor else None,
        subject=about,
        thread=f"{about.kind}:{about.id}" if about else None,
        context=fields,
        source="demo",
        **known,
    )


def rides(people: People) -> Iterator[Step]:
    rider, driver, admin = people["rider"], people["driver"], people["admin"]
    ride = Subject("ride", str(random.randrange(1000, 10_000)))
    place: dict[str, Any] = {"pickup": "Harbour Street 5", "destination": "Central Station", "distance_km": 3.4}
    asked = _tell("ride_request", driver, actor=rider, about=ride, rider=rider.first_name, **place)
    yield f"{rider.first_name} asks for a ride; {driver.first_name} hears of it", lambda: notify(asked)
    car: dict[str, Any] = {"driver": driver.first_name, "vehicle": "a white Fiat, AB 123 CD", "eta_min": 6}
    accepted = _tell("ride_accepted", rider, actor=driver, about=ride, **car)
    yield f"{driver.first_name} accepts; {rider.first_name} sees the car and the minutes", lambda: notify(accepted)
    near = _tell(
        "general", rider, actor=driver, about=ride, title="Around the corner", message="I am at the blue gate."
    )
    yield f"{driver.first_name} writes to {rider.first_name}", lambda: notify(near)
    thanks = "The airport is closed to taxis until noon."
    yield "The office writes to the driver", lambda: convenience.send_user_message(driver.pk, thanks, actor_id=admin.pk)


def tasks(people: People) -> Iterator[Step]:
    reviewer, admin = people["reviewer"], people["admin"]
    number = str(random.randrange(100, 1000))
    film: dict[str, Any] = {"task_title": "Captions, Harbour at dawn"}
    for done, step in ((10, "listening"), (45, "writing"), (80, "checking the timing"), (100, "saving")):
        yield (
            f"The captions are {done} % done; one line of the inbox moves",
            lambda done=done, step=step: convenience.send_progress_update(  # type: ignore[misc]
                reviewer.pk, number, done, {**film, "step": step}
            ),
        )
    complete = _tell("task_completed", reviewer, about=Subject("task", number), **film)
    yield "The captions are complete", lambda: notify(complete)
    notice = _tell("maintenance_notice", *people.values(), starts_at="Saturday, 22:00 UTC", ends_at="23:30 UTC")
    yield "Maintenance is announced to everybody", lambda: notify(notice)
    alert = _tell("security_alert", reviewer, what="A new sign-in to your account", where="Firefox on Linux, Lisbon")
    yield f"A new device signs in as {reviewer.first_name}: this one must be acknowledged", lambda: notify(alert)
    held = _tell("admin_notice", admin, message="The caption queue is empty; two workers were stopped.")
    yield "The administrator hears that the queue is empty", lambda: notify(held)


def tickets(people: People) -> Iterator[Step]:
    requester, manager, engineer = people["requester"], people["manager"], people["engineer"]
    made: list[int] = []

    def create() -> None:
        made.append(workflow.create(actor=requester, title="The lift is stuck", priority=Priority.URGENT).pk)

    def assign() -> None:
        due = timezone.now() + timedelta(hours=6)
        workflow.assign(made[0], actor=manager, assigned_to=[engineer], resolution_due_at=due)

    yield f"{requester.first_name} reports that the lift is stuck; managers hear of it", create
    yield f"{manager.first_name} takes the ticket up", lambda: workflow.open_ticket(made[0], actor=manager)
    yield f"{manager.first_name} gives it to {engineer.first_name}", assign
    yield f"{engineer.first_name} starts", lambda: workflow.start_work(made[0], actor=engineer)
    yield (
        f"{engineer.first_name} says that it is done",
        lambda: workflow.finish_work(made[0], actor=engineer, comment="The door sensor was loose; it runs again."),
    )
    yield (
        f"{manager.first_name} is not convinced",
        lambda: workflow.reject(made[0], actor=manager, reason="It still stops between the second and third floor."),
    )
    yield f"{engineer.first_name} starts again", lambda: workflow.start_work(made[0], actor=engineer)
    yield (
        f"{engineer.first_name} has found the brake",
        lambda: workflow.finish_work(made[0], actor=engineer, comment="The brake was worn; it is replaced."),
    )
    yield f"{manager.first_name} approves", lambda: workflow.approve(made[0], actor=manager)


def projects(people: People) -> Iterator[Step]:
    volunteer, manager = people["volunteer"], people["manager"]
    garden: dict[str, Any] = {"project": "Community garden"}
    wall = Subject("task", str(random.randrange(1000, 10_000)))
    task: dict[str, Any] = {"task_title": "Paint the east wall"}
    added = _tell("team_member.added", volunteer, actor=manager, role="volunteer", **garden)
    yield f"{volunteer.first_name} joins the garden project", lambda: notify(added)
    assigned = _tell("task.assigned", volunteer, actor=manager, about=wall, due_at="28 November", **task, **garden)
    yield f"{volunteer.first_name} gets a task", lambda: notify(assigned)
    status = _tell("task.status_changed", manager, actor=volunteer, about=wall, status="in review", **task)
    yield f"{volunteer.first_name} paints; the manager sees it move", lambda: notify(status)
    hours = _tell(
        "general",
        manager,
        actor=volunteer,
        title="4.5 h to approve",
        message=f"{volunteer.first_name} has written down 4.5 h on “{task['task_title']}”.",
        actions=[Action("approve", "Approve"), Action("reject", "Reject")],
    )
    yield "Hours wait for approval, with two buttons", lambda: notify(hours)
    approved = _tell("timelog.approved", volunteer, actor=manager, hours=4.5, **task)
    yield "The hours are approved", lambda: notify(approved)
    conflict = _tell("sync.conflict_detected", volunteer, item=f"task “{task['task_title']}”")
    yield "A phone comes back from the cellar: two versions of one task", lambda: notify(conflict)
    milestone = _tell("milestone.completed", volunteer, manager, milestone="All beds planted", **garden)
    yield "A milestone is reached", lambda: notify(milestone)


def shop(people: People) -> Iterator[Step]:
    buyer, vendor, order = people["rider"].pk, people["vendor"].pk, random.randrange(1000, 10_000)
    send, parcel = convenience.send_order_notification, {"carrier": "Northpost", "tracking_number": "NP 4711 0815"}
    yield "An order comes in", lambda: send("created", buyer, order, {"total": "€ 84.50"})
    yield "It is paid", lambda: convenience.send_payment_notification("success", buyer, order, {"amount": "€ 84.50"})
    low = {"stock": 4, "threshold": 10}
    yield (
        "Stock runs low: the vendor hears of it",
        lambda: convenience.send_inventory_notification("low_stock", vendor, "Tea towel, blue", low),
    )
    yield "The parcel is packed", lambda: convenience.send_shipment_notification("created", buyer, order, parcel)
    yield "The order leaves", lambda: send("shipped", buyer, order, parcel)
    for status, place in (("at the depot", "Lisbon"), ("out for delivery", "Lisbon")):
        yield (
            f"The parcel is {status}",
            lambda status=status, place=place: convenience.send_shipment_notification(  # type: ignore[misc]
                "updated", buyer, order, {"status": status, "place": place}
            ),
        )
    yield "It arrives", lambda: send("delivered", buyer, order, {"place": "left with a neighbour"})
    back = {"reason": "too small", "send_until": "5 December"}
    yield "One piece goes back", lambda: convenience.send_return_notification("approved", buyer, order, back)
    money = {"amount": "€ 29.90", "method": "your card"}
    yield "And the money returns", lambda: convenience.send_refund_notification(buyer, order, money)


STORIES: Mapping[str, Story] = {
    "rides": Story("Ride hailing", ("rider", "driver"), 4, rides),
    "tasks": Story("Captions and dashboards", ("reviewer",), 8, tasks),
    "tickets": Story("The incident desk", ("requester", "manager", "engineer"), 9, tickets),
    "projects": Story("Volunteers", ("volunteer", "manager"), 7, projects),
    "shop": Story("A shop", ("rider", "vendor"), 10, shop),
}
