"""One setting from start to end: processes up, faults one after the other, everything ended and looked for."""

import asyncio
import os
import secrets
import shutil
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

from .clients import people
from .clients.provider import Provider
from .cluster.embedded import Embedded
from .cluster.parts import MARK, ROOT, free_port, left_over, manage
from .cluster.scattered import Cluster
from .judging import judge
from .scene import Scene
from .table import Fault

LONGEST_S = 600.0  # for one fault
WARM_S = 4.0


def environment(folder: Path, provider: int) -> dict[str, str]:
    """What all processes of a setting share."""
    return {
        "DATA_DIR": str(folder),
        "SECRET_KEY": secrets.token_hex(32),
        "DEBUG": "false",
        "HOST": "127.0.0.1",
        "ALLOWED_HOSTS": "127.0.0.1",
        "LOG_LEVEL": "WARNING",
        "THROTTLE_WRITE": "100000/min",
        "THROTTLE_READ": "100000/min",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SMS_URL": f"twilio://AC1:secret@+15005550006?base=http://127.0.0.1:{provider}",
        "SMS_PER_MINUTE": "0",
        "OUTBOUND_ALLOW": f"127.0.0.1:{provider}",
        "TIDINGS_LAYER_PREFIX": "faults",
    }


class Performance:
    """The faults of one setting."""

    def __init__(self, setting: str, *, quick: bool) -> None:
        self.setting, self.quick = setting, quick
        self.ok = True
        self.folder = Path(tempfile.mkdtemp(prefix=f"tidings-faults-{setting}-"))
        self.mark = uuid.uuid4().hex
        os.environ[MARK] = self.mark

    async def run(self, faults: list[Fault]) -> bool:
        """Whether all was as it should be. Each row is printed as soon as it is known."""
        kind: type[Cluster | Embedded] = Cluster if self.setting == "cluster" else Embedded
        self.provider_port = free_port()
        stage = kind(self.folder, environment(self.folder, self.provider_port))
        try:
            await self._play(stage, faults)
        except BaseException:
            self.ok = False
            raise
        finally:
            stage.end()
            self._look_around()
            if self.ok and "KEEP" not in os.environ:
                shutil.rmtree(self.folder, ignore_errors=True)
            else:
                print(f"\nThe logs are in {self.folder}", flush=True)
        return self.ok

    async def _play(self, stage: Cluster | Embedded, faults: list[Fault]) -> None:
        os.environ.update(stage.env)
        await asyncio.to_thread(self._prepare)
        crew = await asyncio.to_thread(people.make, self._crowd(faults))
        provider = Provider()
        await provider.start(self.provider_port)
        await stage.start()
        scene = Scene(stage, crew, provider, self.quick)
        try:
            await self._warm_up(scene)
            for fault in faults:
                self._print(fault.name, fault.what, fault.expected, *await self._one(scene, fault))
            scene.findings.clear()
            seen = await judge(scene, thorough=True)
            self._print("at the end", "nothing", "no lapsed lease, no ghost", seen, scene.findings)
        finally:
            await asyncio.gather(*(device.stop() for device in scene.devices), return_exceptions=True)
            await scene.stream.aclose()
            provider.close()

    def _crowd(self, faults: list[Fault]) -> int:
        """As many as the largest play needs."""
        storm = self.setting == "cluster" and not self.quick and any(one.name == "storm" for one in faults)
        return people.STORM if storm else people.CROWD

    def _prepare(self) -> None:
        """The database, and Django in this process, which only reads it."""
        import django

        with (self.folder / "prepare.log").open("wb") as log:
            subprocess.run(manage("prepare"), cwd=ROOT, check=True, stdout=log, stderr=log)
        django.setup()

    async def _warm_up(self, scene: Scene) -> None:
        scene.start_devices()
        scene.stream.start()
        await scene.all_live()
        await scene.flow(WARM_S)
        seen = await judge(scene, thorough=False)
        self._print("none", "a quiet start", "as after every fault", seen, scene.findings)

    async def _one(self, scene: Scene, fault: Fault) -> tuple[str, list[str]]:
        scene.findings.clear()
        began = time.monotonic()
        try:
            async with asyncio.timeout(LONGEST_S):
                scene.stream.resume()
                seen = await fault.play(scene)
                await scene.setting.start()
                await scene.flow(WARM_S)  # a process that is new is weighed after it
                await judge(scene, thorough=not self.quick)
        except Exception as error:
            seen = f"{type(error).__name__}: {error}"
            scene.findings.append(seen)
        return f"{seen} ({time.monotonic() - began:.0f} s)", scene.findings

    def _print(self, name: str, what: str, expected: str, seen: str, findings: list[str]) -> None:
        self.ok = self.ok and not findings
        said = "<br>".join([seen, *findings]).replace("|", "/").replace("\n", " ")
        print(f"| {self.setting} | {name} | {what} | {expected} | {said} | {'no' if findings else 'ok'} |", flush=True)

    def _look_around(self) -> None:
        """Nothing of ours may be left. What is, is named and ended."""
        deadline = time.monotonic() + 10
        while (found := left_over(self.mark)) and time.monotonic() < deadline:
            time.sleep(0.2)
        names = [f"{one.pid} {one.name()}" for one in found if one.is_running()]
        for one in found:
            one.kill()
        self._print("end", "every process is ended", "nothing is left", "none" if not names else "", names)
