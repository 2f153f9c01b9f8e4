from django.apps import AppConfig
from django.conf import settings
from django.core import checks


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        from .checks import check_catalogue, check_channels, check_sender, check_subscribers, check_vapid_key

        for check in (check_channels, check_sender, check_vapid_key, check_catalogue, check_subscribers):
            checks.register(check)
        if settings.NOTIFICATION_ENGINE == "celery":
            from .delivery import queue
            from .workers.celery import Poke

            queue.tell_others.append(Poke())
