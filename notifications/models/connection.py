"""Who is connected, by lease: a killed server's connections lapse by themselves."""

import uuid

from django.conf import settings
from django.db import models


class Server(models.Model):
    """One running process. Alive while `lease_until` (database clock) lies ahead."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=128, help_text="host:pid")
    lease_until = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Connection(models.Model):
    """An open socket or stream; the row goes when it closes, the audit remembers."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="connections")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    transport = models.CharField(max_length=9, choices=[("websocket", "websocket"), ("sse", "sse")])
    ip = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=255, blank=True)
    connected_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.transport} of {self.user_id}"
