from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.db.models.signals import post_migrate


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        from . import figures
        from .audit import guard
        from .checks import check_catalogue, check_channels, check_sender, check_subscribers, check_vapid_key

        for check in (check_channels, check_sender, check_vapid_key, check_catalogue, check_subscribers):
            checks.register(check)
        post_migrate.connect(guard.after_migrating, sender=self)
        post_migrate.connect(figures.install_triggers, sender=self)
        if settings.NOTIFICATION_ENGINE == "celery":
            from .delivery import queue
            from .workers.celery import Poke

            queue.tell_others.append(Poke())
