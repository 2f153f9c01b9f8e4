from typing import cast

from django.contrib.auth.models import User
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from . import roles
from .models import Ticket


class MayAct(BasePermission):
    """The role that the act asks for. Asked after visibility: who does not see the ticket gets 404, never 403."""

    message = "Your role does not allow this."

    def has_object_permission(self, request: Request, view: APIView, obj: Ticket) -> bool:
        allowed = roles.MAY.get(getattr(view, "action", None) or "")
        return allowed is None or allowed(cast(User, request.user), obj)
