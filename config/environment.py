"""Typed reading of environment variables: nonsense is refused at start, in one line that names the variable."""

import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}
SOCKET_NAME = "valkey.sock"
_LONGEST_SOCKET_PATH = 107  # bytes in sun_path: man 7 unix


def text(name: str, default: str) -> str:
    return os.environ.get(name) or default


def names(name: str, default: Sequence[str]) -> list[str]:
    """A comma-separated list."""
    given = [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]
    return given or list(default)


def flag(name: str, *, default: bool) -> bool:
    given = os.environ.get(name)
    if given is None:
        return default
    word = given.strip().lower()
    if word not in _TRUE | _FALSE:
        raise ImproperlyConfigured(f"{name}={given!r} is neither true nor false")
    return word in _TRUE


def number(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    given = os.environ.get(name)
    if not given:
        return default
    try:
        value = int(given)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={given!r} is not a whole number") from error
    if value < least or (most is not None and value > most):
        raise ImproperlyConfigured(
            f"{name}={value} is out of range: at least {least}" + (f", at most {most}" if most is not None else "")
        )
    return value


def one_of(name: str, known: Sequence[str]) -> str:
    """One of these words; the first is the default."""
    given = text(name, known[0])
    if given not in known:
        raise ImproperlyConfigured(f"{name}={given!r} is none of {', '.join(known)}")
    return given


def origins(name: str) -> list[str]:
    """Origins such as https://shop.example: scheme and host, no path."""
    given = names(name, [])
    for origin in given:
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path:
            raise ImproperlyConfigured(f"{name}: {origin!r} is not an origin; write it as https://shop.example")
    return given


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def data_dir(*, default: Path) -> Path:
    """Where what must survive is kept; made with mode 0700."""
    path = Path(os.environ.get("DATA_DIR") or default).resolve()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def cache_dir(data: Path, name: str) -> Path:
    path = data / name
    path.mkdir(exist_ok=True)
    return path


def secret_key(data: Path, *, may_be_made: bool) -> str:
    """`SECRET_KEY`, else (on a laptop) one that is made once and kept under `DATA_DIR`."""
    given = os.environ.get("SECRET_KEY")
    if given:
        return given
    if not may_be_made:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set: with DEBUG off (HOST is not loopback) Tidings does not make one up"
        )
    return kept_secret(data / "secret_key", make=lambda: secrets.token_urlsafe(48))


def kept_secret(path: Path, *, make: Callable[[], str]) -> str:
    """The file's text; made on first run, for its owner only, whole or not at all: several processes start at once."""
    if not path.exists():
        half = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(make())
        with suppress(FileExistsError):  # another process was first: its secret counts
            path.hardlink_to(half)
        half.unlink()
    return path.read_text()


def database(data: Path) -> dict[str, Any]:
    """`DATABASE_URL` (postgres://… or sqlite:///…), else SQLite under `DATA_DIR`."""
    url = os.environ.get("DATABASE_URL") or f"sqlite:///{data / 'tidings.sqlite3'}"
    scheme = urlsplit(url).scheme
    if scheme not in {"sqlite", *_POSTGRES_SCHEMES}:
        raise ImproperlyConfigured(f"DATABASE_URL: scheme {scheme!r} is not supported; use postgres:// or sqlite:///")
    try:
        named = environ.Env.db_url_config(url)
    except ValueError as error:  # a port that is no number, say
        raise ImproperlyConfigured(f"DATABASE_URL is malformed: {error}") from error
    return _merged(named, _SQLITE if scheme == "sqlite" else _postgres())


_POSTGRES_SCHEMES = {"postgres", "postgresql", "psql", "pgsql"}


def _merged(named: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """What the URL says in its query (`?sslmode=require`) goes first."""
    return {**ours, **named, "OPTIONS": {**ours["OPTIONS"], **named.get("OPTIONS", {})}}


_SQLITE: dict[str, Any] = {
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",  # a read that turns into a write fails at once otherwise
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
    },
}


def _postgres() -> dict[str, Any]:
    return {
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "pool": {
                "min_size": 1,
                "max_size": number("DATABASE_POOL", 20, least=2),
                "timeout": 10,
                "reconnect_timeout": 10,  # the pauses double: by its own 300, an outage of a minute lasts two
            },
            "connect_timeout": 5,
        },
    }


def redis_url(data: Path) -> str | None:
    """`REDIS_URL`, else the embedded Valkey's socket if it is there, else None."""
    given = os.environ.get("REDIS_URL")
    if not given:
        socket = embedded_socket(data)
        return f"unix://{socket}" if socket.exists() else None
    if urlsplit(given).scheme not in {"redis", "rediss", "unix", "valkey"}:
        raise ImproperlyConfigured(
            f"REDIS_URL: {given.split(':', 1)[0]!r} is not a scheme we know; use redis://, rediss:// or unix://"
        )
    return given.replace("valkey://", "redis://", 1)


def embedded_socket(data: Path) -> Path:
    """The path of the embedded Valkey's socket; a long one moves to a short folder of this user's own."""
    path = data / SOCKET_NAME
    if len(bytes(path)) <= _LONGEST_SOCKET_PATH:
        return path
    import hashlib
    import tempfile

    folder = Path(tempfile.gettempdir()) / f"tidings-{os.getuid()}-{hashlib.sha256(bytes(data)).hexdigest()[:12]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / SOCKET_NAME
