from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed_apps
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = "Incident desk"

    def ready(self) -> None:
        post_migrate.connect(_make_roles, sender=self)


def _make_roles(*, using: str, apps: Any = installed_apps, **_: Any) -> None:
    """The desk's roles are there before anybody has one: an event to a role that does not exist is refused.

    After every migration, not once in one, so that a flushed database or a deleted group gets them back.
    """
    from .roles import ADMIN, ENGINEER, MANAGER, REQUESTER

    try:
        groups = apps.get_model("auth", "Group").objects.using(using)
    except LookupError:  # auth is being unapplied
        return
    for role in (ADMIN, MANAGER, ENGINEER, REQUESTER):
        groups.get_or_create(name=role)
