"""Django's own list for deployment, on the settings of a production."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "BASE_URL": "https://notify.example.com",
    "ALLOWED_HOSTS": "notify.example.com",
    "DJANGO_SETTINGS_MODULE": "config.settings",
}


@pytest.mark.once
def test_nothing_is_left_to_say(tmp_path: Path) -> None:
    environment = {**os.environ, **PRODUCTION, "DATA_DIR": str(tmp_path), "DATABASE_URL": ""}
    command = [
        sys.executable,
        str(Path(settings.BASE_DIR) / "manage.py"),
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert "WARNINGS" not in done.stderr
