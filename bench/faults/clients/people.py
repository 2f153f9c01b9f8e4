"""Who there is: the one who sends, the crew with devices, and a crowd that is only written to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import User  # Django is not set up when this is read

CREW = 50
CROWD, STORM = 2_500, 10_000  # more than a chunk of an expansion; as many as come back at once
LONE = 20


@dataclass(frozen=True)
class Person:
    id: int
    token: str


@dataclass(frozen=True)
class People:
    control: Person  # staff
    crew: Sequence[Person]
    crowd: Sequence[Person]  # without devices, but for those of a storm
    lone: Sequence[Person]  # for sockets that are not honest: nothing else is sent to them

    @property
    def everyone(self) -> list[int]:
        return [one.id for one in [self.control, *self.crew, *self.crowd, *self.lone]]


def make(crowd: int) -> People:
    """In the database that this process is set to."""
    from django.contrib.auth.models import User

    control = User.objects.create(username="control", password="!", is_staff=True, is_superuser=True)
    names = [f"crew{i}" for i in range(CREW)] + [f"lone{i}" for i in range(LONE)] + [f"crowd{i}" for i in range(crowd)]
    User.objects.bulk_create((User(username=name, password="!") for name in names), batch_size=2_000)
    by_name = {user.username: user for user in User.objects.all()}
    made = {name: Person(user.pk, token_for(user)) for name, user in by_name.items()}
    several = {word: [made[name] for name in names if name.startswith(word)] for word in ("crew", "lone", "crowd")}
    _give_phones([one.id for one in several["lone"]])
    return People(made[control.username], several["crew"], several["crowd"], several["lone"])


def _give_phones(user_ids: Sequence[int]) -> None:
    from django.utils import timezone

    from notifications.models import Phone

    now = timezone.now()
    Phone.objects.bulk_create(Phone(user_id=one, number=f"+4915{one:09}", verified_at=now) for one in user_ids)


def renewed(user_id: int, *, lasts_s: float | None = None) -> str:
    """A token of their own."""
    from django.contrib.auth.models import User

    return token_for(User.objects.get(pk=user_id), lasts_s=lasts_s)


def token_for(user: "User", *, lasts_s: float | None = None) -> str:
    """An access token of this person, good for an hour or so long."""
    from datetime import timedelta

    from rest_framework_simplejwt.tokens import AccessToken

    token = AccessToken.for_user(user)
    if lasts_s is not None:
        token.set_exp(lifetime=timedelta(seconds=lasts_s))
    return str(token)
