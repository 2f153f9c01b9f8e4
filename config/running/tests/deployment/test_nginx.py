"""deploy/nginx: nginx takes the files."""

from pathlib import Path

import pytest

from ..trees import free_port
from .files import DEPLOY
from .proxy import judged, needs_nginx, version, written

pytestmark = [pytest.mark.once, needs_nginx]
LOOKS_NAMES_UP_SINCE = (1, 27, 3)


@pytest.mark.parametrize("name", ["servers.conf", "servers.compose.conf"])
def test_nginx_finds_nothing_wrong(tmp_path: Path, name: str) -> None:
    if "compose" in name and version() < LOOKS_NAMES_UP_SINCE:
        pytest.skip(f"{name} needs nginx 1.27.3, and this is {'.'.join(map(str, version()))}")
    done = judged(written(tmp_path, port=free_port(), servers=(DEPLOY / "nginx" / name).read_text()))
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr
