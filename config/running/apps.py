from django.apps import AppConfig


class RunningConfig(AppConfig):
    """How Tidings is started, watched and ended: `up`, `serve`, `prepare`, and the health pages."""

    name = "config.running"
    verbose_name = "Running"
