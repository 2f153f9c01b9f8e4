"""No database, no middleware: only what its consumer needs."""

import os

SECRET_KEY = "bench"
INSTALLED_APPS = ["channels"]
ALLOWED_HOSTS = ["*"]
ASGI_APPLICATION = "bench.tutorial.asgi.application"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [os.environ["REDIS_URL"]], "prefix": "tutorial"},
    }
}
