"""The pages: forgotten, sent, set, changed. Django's own views, throttled, and what follows from a new password."""

import math
from typing import Any, cast
from unicodedata import normalize

from django.contrib.auth import views as django
from django.contrib.auth.forms import PasswordChangeForm, PasswordResetForm, SetPasswordForm
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from rest_framework.throttling import SimpleRateThrottle

from notifications import audit
from notifications.dispatch import notify
from notifications.events import Audience, Event

from .. import tokens
from ..throttles import PasswordResetThrottle, SettingsThrottle, SignInThrottle
from . import letters
from .forms import ForgottenForm


class LetterThrottle(SettingsThrottle):
    """Per name, whoever asks and from wherever: nobody's mailbox is filled. The links that they have still work."""

    scope = "password_letter"
    rate = "3/hour"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.key_for(normalize("NFKC", str(request.POST.get("email", ""))).strip().lower())


class ChangeThrottle(SignInThrottle):
    """Per person: whoever finds an open page does not guess the password there."""

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.key_for("change", str(request.user.pk))


class Throttled:
    """A form page that refuses to be posted too often: it says so as it says any mistake, with 429."""

    throttle_class: type[SimpleRateThrottle]

    def post(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        throttle = self.throttle_class()
        if throttle.allow_request(request, self):
            return cast(HttpResponse, super().post(request, *args, **kwargs))  # type: ignore[misc]
        wait_s = math.ceil(throttle.wait() or 1)
        form = self.get_form()
        form.errors.clear()
        form.add_error(None, f"Too many attempts. Try again in {wait_s} seconds.")
        response = self.render_to_response(self.get_context_data(form=form), status=429)
        response["Retry-After"] = str(wait_s)
        return cast(HttpResponse, response)


class ForgottenPage(Throttled, django.PasswordResetView):
    """One answer for every address, and in the same time."""

    throttle_class = PasswordResetThrottle
    form_class = ForgottenForm
    template_name = "sign_in/forgotten.html"
    extra_context = {"can_be_sent": letters.can_be_sent}

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        if LetterThrottle().allow_request(self.request, self):  # type: ignore[arg-type]  # a page's request will do
            return super().form_valid(form)
        return redirect(self.get_success_url())  # says the same and sends nothing


class SentPage(django.PasswordResetDoneView):
    template_name = "sign_in/sent.html"


class SetPage(django.PasswordResetConfirmView):
    """Where the letter's link leads."""

    template_name = "sign_in/set.html"

    def form_valid(self, form: "SetPasswordForm[User]") -> HttpResponse:
        with transaction.atomic():
            response = super().form_valid(form)
            end_what_was_signed_in(form.user, how="reset")
        return response


class SetDonePage(django.PasswordResetCompleteView):
    template_name = "sign_in/set_done.html"


class ChangePage(Throttled, django.PasswordChangeView):
    """Who is signed in stays so, in this browser alone."""

    throttle_class = ChangeThrottle
    template_name = "sign_in/change.html"
    success_url = reverse_lazy("password_change_done")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        with transaction.atomic():
            response = super().form_valid(form)
            end_what_was_signed_in(form.user, how="changed")
        return response


class ChangeDonePage(django.PasswordChangeDoneView):
    template_name = "sign_in/change_done.html"


def end_what_was_signed_in(user: User, *, how: str) -> None:
    """Every token ends, as other sessions do by themselves; sockets are looked at again; and the person is told."""
    tokens.revoke(user.pk)
    person = (user.pk, user.get_username())
    audit.record(f"password.{how}", "user", user.pk, actor=person, target_user_id=user.pk)
    said = {"what": "Your password was reset" if how == "reset" else "Your password was changed"}
    notify(Event(kind="security_alert", audience=Audience(users=[user.pk]), context=said, source="sign_in"))
