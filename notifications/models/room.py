"""Rooms: people who are told together, and what each of them is there."""

from django.conf import settings
from django.db import models


class Room(models.Model):
    """Made by staff or a service. Anybody may join an open one; of a closed one nobody else learns that it exists."""

    name = models.CharField(max_length=128, unique=True)
    is_open = models.BooleanField(default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person in a room, once for each thing they are there ("assignee", "manager"; "" is simply a member)."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=32, blank=True, help_text="What the API calls `as`.")
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "user", "role"], name="member_once_per_role")]
        indexes = [models.Index(fields=["room", "role", "user"], name="member_by_role")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.room_id} as {self.role or 'member'}"
