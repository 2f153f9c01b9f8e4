"""Reading the environment: tables of what is understood, and of what is refused with the variable's name."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment


@pytest.mark.parametrize(
    ("given", "meant"), [("1", True), ("TRUE", True), ("on", True), ("0", False), ("no", False), ("", False)]
)
def test_flags(monkeypatch: pytest.MonkeyPatch, given: str, meant: bool) -> None:
    monkeypatch.setenv("DEBUG", given)
    assert environment.flag("DEBUG", default=not meant) is meant


@pytest.mark.parametrize(
    ("variable", "given", "read"),
    [
        ("DEBUG", "perhaps", lambda: environment.flag("DEBUG", default=True)),
        ("PORT", "eighty", lambda: environment.number("PORT", 8000)),
        ("PORT", "-1", lambda: environment.number("PORT", 8000)),
        ("PORT", "65536", lambda: environment.number("PORT", 8000, most=65_535)),
        ("CORS_ALLOWED_ORIGINS", "shop.example", lambda: environment.origins("CORS_ALLOWED_ORIGINS")),
        ("CORS_ALLOWED_ORIGINS", "https://shop.example/x", lambda: environment.origins("CORS_ALLOWED_ORIGINS")),
        ("DATABASE_URL", "oracle://x", lambda: environment.database(Path("/tmp"))),
        ("DATABASE_URL", "postgres://h:port/x", lambda: environment.database(Path("/tmp"))),
        ("REDIS_URL", "http://x", lambda: environment.redis_url(Path("/tmp"))),
    ],
)
def test_nonsense_is_refused_and_the_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, given: str, read: object
) -> None:
    monkeypatch.setenv(variable, given)
    assert callable(read)
    with pytest.raises(ImproperlyConfigured, match=variable):
        read()


def test_what_the_database_url_says_goes_before_our_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p%40ss@db.example:5433/tidings?sslmode=require&connect_timeout=1")
    read = environment.database(Path("/tmp"))
    assert (read["PASSWORD"], read["PORT"]) == ("p@ss", 5433)
    assert read["OPTIONS"]["sslmode"] == "require"
    assert read["OPTIONS"]["connect_timeout"] == 1
    assert read["OPTIONS"]["pool"]["max_size"] == 20


def test_a_secret_key_is_made_once_and_readable_by_its_owner_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    first = environment.secret_key(tmp_path, may_be_made=True)
    assert len(first) >= 50
    assert environment.secret_key(tmp_path, may_be_made=True) == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_no_secret_key_is_made_up_for_the_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        environment.secret_key(tmp_path, may_be_made=False)


def test_a_socket_path_that_is_too_long_moves_to_a_private_folder(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    found = environment.embedded_socket(deep)
    assert len(bytes(found)) <= 107
    assert found.parent.stat().st_mode & 0o777 == 0o700
    assert environment.embedded_socket(deep) == found
    found.parent.rmdir()


def test_without_a_socket_there_is_no_redis(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert environment.redis_url(tmp_path) is None
    (tmp_path / "valkey.sock").touch()
    assert environment.redis_url(tmp_path) == f"unix://{tmp_path / 'valkey.sock'}"
