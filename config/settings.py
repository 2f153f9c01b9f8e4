"""One file of settings, read from the environment; docs/requirements.md lists the names.

Without any variable it is a laptop: SQLite in WAL and the embedded Valkey, both under `DATA_DIR`.
"""

import sys
from datetime import timedelta
from pathlib import Path

from corsheaders.defaults import default_headers
from django.core.exceptions import ImproperlyConfigured

from config.documents.settings import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from config.environment import (
    cache_dir,
    data_dir,
    database,
    flag,
    is_loopback,
    names,
    number,
    one_of,
    origins,
    redis_url,
    secret_key,
    text,
)
from config.headers import content_security_policy
from config.outward import channel_urls, email_from, outbound_allow, vapid_private_key
from config.watching import places
from config.watching.logs import log_settings

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = data_dir(default=BASE_DIR / "var")

# --- the host ---------------------------------------------------------------
HOST = text("HOST", "127.0.0.1")
PORT = number("PORT", 8000, least=0, most=65_535)
BASE_URL = text("BASE_URL", f"http://{HOST}:{PORT}")
DEBUG = flag("DEBUG", default=is_loopback(HOST))
SECRET_KEY = secret_key(DATA_DIR, may_be_made=DEBUG)
ALLOWED_HOSTS = names("ALLOWED_HOSTS", ["*"] if DEBUG else [HOST])
CORS_ALLOWED_ORIGINS = origins("CORS_ALLOWED_ORIGINS")
CSRF_TRUSTED_ORIGINS = origins("CSRF_TRUSTED_ORIGINS")
TRUSTED_PROXIES = names("TRUSTED_PROXIES", [])
METRICS_TOKEN = text("METRICS_TOKEN", "")  # who bears it may read /metrics
places.use(cache_dir(DATA_DIR, "metrics"))
CORS_ALLOW_CREDENTIALS = True
CORS_ALLOW_HEADERS = (*default_headers, "idempotency-key")
CORS_EXPOSE_HEADERS = ("Retry-After", "X-Request-ID")
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.reports.WithoutSecrets"

INSTALLED_APPS = [
    *(["daphne"] if "runserver" in sys.argv else []),  # its runserver speaks WebSocket, and it brings in all of Twisted
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "config.sign_in.SignInConfig",
    "config.running",
    "core",
    "notifications",
]
MIDDLEWARE = [
    "config.watching.requests.observed",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "config.headers.ContentSecurityPolicy",
    "notifications.api.bodies.BoundedBodies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
APPEND_SLASH = False  # both spellings are routes: a redirect would lose a POST's body
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
PASSWORD_RESET_TIMEOUT = 3600  # s; Django's own three days are long for a key to the account
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = "config.formats"
STATIC_URL = "/static/"
STATIC_ROOT = cache_dir(DATA_DIR, "static")
WHITENOISE_USE_FINDERS = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- what browsers are told (config/headers.py) --------------------------------
IS_HTTPS = BASE_URL.startswith("https://")
CONTENT_SECURITY_POLICY = content_security_policy(is_https=IS_HTTPS)
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for subdomains,
    "security.W021",  # and preloading it: not ours to decide for the rest of the domain
    "security.W008",  # the proxy that ends TLS redirects to it: deploy/nginx
]

# --- stores -----------------------------------------------------------------
DATABASES = {"default": database(DATA_DIR)}
REDIS_URL = redis_url(DATA_DIR)  # None: no bell; everything still arrives by heartbeat and sweep
LAYER_PREFIX = text("TIDINGS_LAYER_PREFIX", "tidings")
CHANNEL_LAYERS = (
    {
        "default": {
            # never the core layer: it drops at 100 messages a process (docs/decisions.md)
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {
                "hosts": [
                    {
                        "address": REDIS_URL,
                        "socket_connect_timeout": 3,
                        "socket_timeout": 30,
                        "max_connections": 512,
                        "socket_read_size": 256 * 1024,  # a burst of bells is heard in one go
                    }
                ],
                "prefix": LAYER_PREFIX,
            },
        }
    }
    if REDIS_URL
    else {}
)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {
            "MAX_ENTRIES": 20_000
        },  # the throttles count here; of the default 300 a guesser soon evicts his own
    }
}

# --- the API ----------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "config.sign_in.tokens.VersionedJWTAuthentication",
        "config.sign_in.keys.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": [
        "notifications.api.bodies.BoundedJSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer", "config.documents.browsable.Pages"],
    "DEFAULT_PAGINATION_CLASS": "notifications.api.paging.ThreeStylePagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_THROTTLE_CLASSES": [
        "config.sign_in.throttles.ReadThrottle",
        "config.sign_in.throttles.WriteThrottle",
        "config.sign_in.throttles.ActionThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "sign_in": text("THROTTLE_SIGN_IN", "600/min" if DEBUG else "10/min"),  # demo scripts sign in a lot
        "read": text("THROTTLE_READ", "1200/min"),
        "write": text("THROTTLE_WRITE", "600/min"),
        "wrong_link": text("THROTTLE_WRONG_LINK", "30/min"),
        "password_reset": text("THROTTLE_PASSWORD_RESET", "5/min"),
        # acts, each per person: `limits` of the views
        "send": text("THROTTLE_SEND", text("THROTTLE_WRITE", "600/min")),
        "broadcast": text("THROTTLE_BROADCAST", "60/min"),
        "test_send": text("THROTTLE_TEST_SEND", "20/min"),
        "phone_code": text("THROTTLE_PHONE_CODE", "10/min"),  # asked for or tried
        "upkeep": text("THROTTLE_UPKEEP", "30/min"),  # retry, cleanup
        "export": text("THROTTLE_EXPORT", "10/min"),
    },
    "DEFAULT_SCHEMA_CLASS": "config.documents.operations.Operation",
    "EXCEPTION_HANDLER": "notifications.api.errors.answer",
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=60),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "UPDATE_LAST_LOGIN": False,
    # a token may come from a server whose clock is ahead; when one has expired, sign_in/tokens.py says to the second
    "LEEWAY": timedelta(minutes=15),
}
MAX_BODY_BYTES = 64 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES

# --- the engine -------------------------------------------------------------
NOTIFICATION_SIGN_IN = "config.sign_in.handshake"  # who is behind a socket: the engine never sees a token's inside
NOTIFICATION_LINK_THROTTLE = "config.sign_in.throttles.WrongLinkThrottle"
NOTIFICATION_KEEPERS = ["config.people", "core.people"]  # what the host keeps about a person: export, erase
NOTIFICATION_CATALOGUES = [BASE_DIR / "core" / "kinds.toml"]
if not flag("NOTIFICATION_PERSISTENCE_ENABLED", default=True):
    raise ImproperlyConfigured("NOTIFICATION_PERSISTENCE_ENABLED=false is refused: storing is the point")
NOTIFICATION_RETRY_ENABLED = flag("NOTIFICATION_RETRY_ENABLED", default=True)
NOTIFICATION_FALLBACK_ENABLED = flag("NOTIFICATION_FALLBACK_ENABLED", default=True)
NOTIFICATION_MAX_RETRIES = number("NOTIFICATION_MAX_RETRIES", 0, least=1) or None  # attempts; None: by priority
NOTIFICATION_RETRY_DELAY = number("NOTIFICATION_RETRY_DELAY", 0) or None  # s before the second; None: by priority
NOTIFICATION_CONFIRMATION_TIMEOUT = number("NOTIFICATION_CONFIRMATION_TIMEOUT", 30, least=1)
# who sends: threads of the server itself, `manage.py worker` alone, or Celery
NOTIFICATION_ENGINE = one_of("NOTIFICATION_ENGINE", ["thread", "worker", "celery"])
if NOTIFICATION_ENGINE == "celery" and not REDIS_URL:
    raise ImproperlyConfigured("NOTIFICATION_ENGINE=celery needs REDIS_URL: Celery's messages go through it")
SENDER_THREADS = number("SENDER_THREADS", 8, least=1, most=256)
CHANNEL_CAPS = {  # attempts a minute; 0: none
    "email": number("EMAIL_PER_MINUTE", 600),
    "whatsapp": number("WHATSAPP_PER_MINUTE", 300),
    "sms": number("SMS_PER_MINUTE", 60),
    "push": number("PUSH_PER_MINUTE", 0),
}
NOTIFICATION_RETENTION_DAYS = number("NOTIFICATION_RETENTION_DAYS", 90)  # read ones are kept so long; 0: for ever
NOTIFICATION_RETENTION_HOURS = number("NOTIFICATION_RETENTION_HOURS", NOTIFICATION_RETENTION_DAYS * 24)
MAX_NOTIFICATIONS_PER_USER = number("MAX_NOTIFICATIONS_PER_USER", 1000)  # beyond it read ones go; 0: no cap
NOTIFICATION_CLEANUP_INTERVAL = number("NOTIFICATION_CLEANUP_INTERVAL", 3600, least=1)  # s
AUDIT_HEAD_ROLE = text("AUDIT_HEAD_ROLE", "")  # who gets the audit's last hash once a day; "": nobody
METRIC_RETENTION_DAYS = number("METRIC_RETENTION_DAYS", 400)  # metric snapshots; 0: for ever
EMAIL_LINK_DAYS = number("EMAIL_LINK_DAYS", 180, least=1)  # so long the links at the foot of an e-mail work
WEBSOCKET_NOTIFICATION_ENABLED = flag("WEBSOCKET_NOTIFICATION_ENABLED", default=True)
SSE_HEARTBEAT_INTERVAL = number("SSE_HEARTBEAT_INTERVAL", 30, least=1)
SSE_CONNECTION_TIMEOUT = number("SSE_CONNECTION_TIMEOUT", 300, least=1)

# --- outward channels -------------------------------------------------------
CHANNEL_URLS = channel_urls(DATA_DIR)
EMAIL_FROM = email_from(BASE_URL)
VAPID_PRIVATE_KEY = vapid_private_key(DATA_DIR)
OUTBOUND_ALLOW = outbound_allow()

# --- logs (config/watching/logs.py) ---------------------------------------------
LOGGING = log_settings(
    form=one_of("LOG_FORMAT", ["console", "json"] if DEBUG else ["json", "console"]),
    level=text("LOG_LEVEL", "WARNING" if DEBUG else "INFO"),
)
