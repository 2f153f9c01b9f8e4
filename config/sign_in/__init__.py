from django.apps import AppConfig


class SignInConfig(AppConfig):
    """Who somebody is: tokens, tickets, keys, passwords."""

    name = "config.sign_in"
    verbose_name = "Sign-in"
