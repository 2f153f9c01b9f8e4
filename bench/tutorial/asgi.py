"""A group for everybody and one per person, joined on connect; each consumer encodes for itself."""

import os
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.tutorial.settings"

import django

django.setup()

from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402


class TutorialConsumer(AsyncJsonWebsocketConsumer):
    async def connect(self) -> None:
        self.groups_joined = ["everybody", f"user_{self.scope['url_route']['kwargs']['user_id']}"]
        for group in self.groups_joined:
            await self.channel_layer.group_add(group, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        for group in self.groups_joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def notify(self, event: dict[str, Any]) -> None:
        await self.send_json(event["payload"])


application = ProtocolTypeRouter({"websocket": URLRouter([path("ws/<int:user_id>/", TutorialConsumer.as_asgi())])})
