"""Users in the admin: as Django has them, but that a person is erased, not deleted."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.http import HttpRequest

admin.site.unregister(User)


@admin.register(User)
class PeopleAdmin(UserAdmin):
    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        """Shown in place of a form to confirm: what to do instead."""
        erase = [
            f"{person}: run `manage.py erase_user {person.pk}`, which keeps ledger and audit whole" for person in objs
        ]
        return [], {}, set(), erase
