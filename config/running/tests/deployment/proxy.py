"""A real nginx from deploy/nginx: its files as they are, with a port, servers and a folder of the test's own."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from config.running import processes

from ..trees import until
from .files import DEPLOY

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="there is no nginx here: apt install nginx")
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass
class Nginx:
    folder: Path
    port: int
    child: processes.Child

    def log(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))


def version() -> tuple[int, ...]:
    said = subprocess.run([NGINX or "", "-v"], capture_output=True, text=True, timeout=10).stderr
    return tuple(int(part) for part in re.findall(r"nginx/(\d+)\.(\d+)\.(\d+)", said)[0])


def written(folder: Path, *, port: int, servers: str, outgoing: str | None = None) -> Path:
    """nginx.conf, filled in. `outgoing`: the address from which it speaks to the servers."""
    (folder / "servers.conf").write_text(servers)
    text = (DEPLOY / "nginx" / "nginx.conf").read_text()
    for said, ours in {
        "/etc/nginx/servers.conf": str(folder / "servers.conf"),
        "/var/log/nginx/": f"{folder}/",
        "/run/nginx.pid": str(folder / "nginx.pid"),
        "listen 80;": f"listen 127.0.0.1:{port};",
        "listen [::]:80;": "",
        "worker_processes auto;": "worker_processes 1;" + (" user root;" if os.geteuid() == 0 else ""),
        "worker_connections 32768;": "worker_connections 1024;",
        "http {": "http {" + _temporary(folder) + (f"proxy_bind {outgoing};" if outgoing else ""),
    }.items():
        assert said in text, said
        text = text.replace(said, ours)
    path = folder / "nginx.conf"
    path.write_text(text)
    return path


def _temporary(folder: Path) -> str:
    return "".join(f" {name}_temp_path {folder / name};" for name in TEMPORARY)


def judged(path: Path) -> "subprocess.CompletedProcess[str]":
    """nginx -t."""
    command = [NGINX or "", "-t", "-e", str(path.with_name("start.log")), "-c", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=20)


@contextlib.contextmanager
def running(folder: Path, *, port: int, servers: Sequence[int], outgoing: str | None = None) -> Iterator[Nginx]:
    """It listens on `port`, in front of the `servers` on these ports."""
    lines = [f"server 127.0.0.1:{server} max_fails=1 fail_timeout=2s;" for server in servers]
    path = written(folder, port=port, servers="\n".join(lines), outgoing=outgoing)
    command = [NGINX or "", "-e", str(folder / "start.log"), "-c", str(path), "-g", "daemon off;"]
    child = processes.spawn(command, log=folder / "output.log")
    nginx = Nginx(folder, port, child)
    try:
        assert until(lambda: _listens(child) or child.poll() is not None, 10)
        assert child.poll() is None, nginx.log()
        yield nginx
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)  # its own children end with it
            child.wait(10)


def _listens(child: processes.Child) -> bool:
    return any(one.status == psutil.CONN_LISTEN for one in psutil.Process(child.pid).net_connections("inet"))
