"""The channels' page: what waits, what is late, what is dead; pause, resume, and another round."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from notifications.admin.channels.queues import queues
from notifications.models import Delivery, Event, PausedChannel

PATH = "/admin/notifications/pausedchannel/"


def test_it_shows_what_waits_and_what_is_stuck(
    chief: Client, people: dict[str, User], notify_to: Callable[..., Event], email: None
) -> None:
    User.objects.update(email="x@example.org")
    notify_to(*people.values(), channels=["email"])
    Delivery.objects.update(due_at=timezone.now() + timedelta(hours=1))
    [mail] = [one for one in queues() if one.channel == "email"]
    assert (mail.waiting, mail.late, mail.is_stuck, mail.cap, mail.is_configured) == (5, None, False, 600, True)
    late = Delivery.objects.latest("pk")
    Delivery.objects.filter(pk=late.pk).update(due_at=timezone.now() - timedelta(minutes=7, seconds=30), priority=4)
    [mail] = [one for one in queues() if one.channel == "email"]
    assert mail.is_stuck
    assert mail.late_in_words == "7 min"
    page = chief.get(PATH).content.decode()
    assert ">stuck<" in page
    assert "the oldest is 7 min late" in page


def test_a_paused_channel_is_not_stuck_and_is_resumed(chief: Client, email: None) -> None:
    assert "E-mail is paused" in chief.post(f"{PATH}email/pause/", follow=True).content.decode()
    assert PausedChannel.objects.get().by_name == "admin"
    assert "by admin" in chief.get(PATH).content.decode()
    assert "E-mail goes on" in chief.post(f"{PATH}email/resume/", follow=True).content.decode()
    assert not PausedChannel.objects.exists()


def test_what_is_dead_is_there_with_the_newest_first_and_can_be_tried_again(
    chief: Client, people: dict[str, User], notify_to: Callable[..., Event], email: None
) -> None:
    User.objects.update(email="x@example.org")
    now = timezone.now()
    for number, state in enumerate(("failed", "unknown", "failed")):
        event = notify_to(people["engineer"], title=f"Number {number}", channels=["email"])
        made = now - timedelta(hours=30 - number if number == 0 else 3 - number)
        Delivery.objects.filter(event=event).update(state=state, created_at=made, due_at=None)
    dead = chief.get(PATH).context["dead"]
    assert [one.event.title for one in dead] == ["Number 2", "Number 1", "Number 0"]
    page = chief.post(f"{PATH}email/retry/", follow=True).content.decode()
    assert "Another round for 2 that had failed on E-mail" in page
    assert [one.event.title for one in chief.get(PATH).context["dead"]] == ["Number 0"]
