"""No database, no middleware: only what its view needs."""

import os
from urllib.parse import urlsplit

SECRET_KEY = "bench"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django_eventstream"]
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "bench.live.eventstream.asgi"
EVENTSTREAM_REDIS = {"unix_socket_path": urlsplit(os.environ["REDIS_URL"]).path}
