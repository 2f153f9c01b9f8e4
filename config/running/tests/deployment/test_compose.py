"""deploy/compose.yaml has the shape of the compose specification, and what it names exists.

No engine is asked: the tests run where none is. The keys are those of compose-spec that we use; another one is a slip.
"""

import re
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings

from config.environment import embedded_socket
from config.running import embedded, processes

from ..trees import ROOT, Place
from .files import DEPLOY, EXAMPLE, compose, example, known_variables

pytestmark = pytest.mark.once

TOP = {"name", "services", "networks", "volumes"}
SERVICE: dict[str, type | tuple[type, ...]] = {
    "image": str,
    "build": dict,
    "command": list,
    "entrypoint": list,
    "env_file": str,
    "environment": dict,
    "volumes": list,
    "networks": (list, dict),
    "ports": list,
    "profiles": list,
    "restart": str,
    "stop_grace_period": str,
    "read_only": bool,
    "tmpfs": list,
    "cap_drop": list,
    "security_opt": list,
    "ulimits": dict,
    "shm_size": str,
    "user": str,
    "deploy": dict,
    "healthcheck": dict,
    "depends_on": dict,
    "logging": dict,
}
HEALTHCHECK = {"test", "interval", "timeout", "retries", "start_period"}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
DURATION = re.compile(r"\d+(ms|s|m|h)")
SERVICES: dict[str, dict[str, Any]] = compose()["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "tidings"]


def test_at_the_top_are_the_keys_of_the_specification() -> None:
    assert {key for key in compose() if not key.startswith("x-")} == TOP


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_known_keys_of_the_right_type(name: str) -> None:
    for key, value in SERVICES[name].items():
        assert isinstance(value, SERVICE[key]), f"{name}.{key}"
    check = SERVICES[name].get("healthcheck", {})
    assert set(check) <= HEALTHCHECK
    durations = [check[key] for key in ("interval", "timeout", "start_period") if key in check]
    durations += [SERVICES[name]["stop_grace_period"]] if "stop_grace_period" in SERVICES[name] else []
    assert all(DURATION.fullmatch(each) for each in durations)


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_names_is_there(name: str) -> None:
    service = SERVICES[name]
    assert set(service["networks"]) <= set(compose()["networks"])
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert (DEPLOY / source).exists() if source.startswith(".") else source in compose()["volumes"], volume
    if build := service.get("build"):
        assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    if "env_file" in service:  # the operator's; the example beside it is ours
        assert EXAMPLE.name == f"{service['env_file']}.example"


@pytest.mark.parametrize("name", SERVICES)
def test_whoever_is_waited_for_can_become_so(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert how["condition"] in CONDITIONS
        if how["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other], f"{name} waits for ever for {other}"
        if how["condition"] == "service_completed_successfully":
            assert SERVICES[other]["restart"] == "no"


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_commands_that_exist_and_may_drain(name: str) -> None:
    service = SERVICES[name]
    if "entrypoint" in service:
        assert service["entrypoint"] == ["celery", "-A", "notifications.workers.celery", "worker"]
    else:
        commands = settings.BASE_DIR / "config" / "running" / "management" / "commands"
        engine = settings.BASE_DIR / "notifications" / "management" / "commands"
        assert any((folder / f"{service['command'][0]}.py").is_file() for folder in (commands, engine))
    assert int(service["stop_grace_period"].rstrip("s")) > 10
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert set(service["environment"]) <= known_variables()


def test_only_nginx_can_be_reached_and_only_it_is_trusted() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    address = SERVICES["nginx"]["networks"]["edge"]["ipv4_address"]
    assert {SERVICES[name]["environment"]["TRUSTED_PROXIES"] for name in OURS} == {address}
    assert compose()["networks"]["stores"]["internal"] is True
    assert {name for name, service in SERVICES.items() if service["networks"] == ["stores"]} == {"postgres", "valkey"}


def test_the_example_names_variables_that_are_read() -> None:
    assert set(example()) <= known_variables()
    assert not set(example()) & {"HOST", "PORT", "DATA_DIR", "DEBUG"}, "units and compose.yaml set them"


@pytest.mark.parametrize("name", ["serve", "celery"])
def test_the_settings_take_what_the_containers_are_given(place: Place, name: str) -> None:
    ours = {key: str(value) for key, value in SERVICES[name]["environment"].items()}
    ours |= {"DATABASE_URL": "postgres://tidings:x@postgres/tidings"}  # compose puts the password in
    ours["NOTIFICATION_ENGINE"] = ours["NOTIFICATION_ENGINE"].removeprefix("${NOTIFICATION_ENGINE:-").rstrip("}")
    environment = place.environment(**{**example(), "SECRET_KEY": "x" * 50, **ours})
    command = [sys.executable, "-c", "import config.settings"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_valkey_takes_its_command(place: Place) -> None:
    program = embedded.find_server()
    assert program
    path = embedded_socket(place.folder)
    words = ["--port", "0", "--unixsocket", str(path), "--dir", str(place.folder)]
    log = place.folder / "valkey.log"
    child = processes.spawn([program, *SERVICES["valkey"]["command"][1:], *words], log=log)
    try:
        assert embedded.wait_until_ready(place.folder, is_running=lambda: child.poll() is None), log.read_text()
    finally:
        processes.stop([child], within_s=5)
