"""No database, no middleware: only what its consumer needs."""

import os

SECRET_KEY = os.environ["SECRET_KEY"]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "channels",
]  # the token's library wants a user model
ALLOWED_HOSTS = ["*"]
ASGI_APPLICATION = "bench.live.tutorial.asgi.application"
LAYER = {
    "hosts": [os.environ["REDIS_URL"]],
    "prefix": "tutorial",
    "capacity": 1_000_000,
}  # 100 unless told: it drops more
CHANNEL_LAYERS = {"default": {"BACKEND": os.environ["LAYER"], "CONFIG": LAYER}}
