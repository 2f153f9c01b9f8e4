"""Django's form for a forgotten password, with our letter."""

from typing import Any

from django.contrib.auth.forms import PasswordResetForm

from . import letters


class ForgottenForm(PasswordResetForm):
    """`save` writes to every active account that has this address and a password; of others it says nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail address"

    def save(self, *args: Any, **kwargs: Any) -> None:
        for user in self.get_users(self.cleaned_data["email"]):
            letters.send_link(user)
