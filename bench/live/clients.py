"""The clients: `clients.c`, compiled into the benchmark's folder; Python would be the bottleneck itself."""

import select
import shutil
import subprocess
from array import array
from collections.abc import Sequence
from pathlib import Path

from ..processes import CLIENT_CORE, pinned

HERE = Path(__file__).parent
PATIENCE_S = 60


class NoCompiler(Exception):
    """There is no C compiler, so there are no clients."""


class Stalled(Exception):
    """What was sent did not all come: some stacks drop what they are sent."""


def build(program: str, folder: Path) -> Path:
    """`clients` or `floor`, compiled. Raises NoCompiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoCompiler("a C compiler (cc, gcc or clang) is needed")
    target = folder / program
    subprocess.run([compiler, "-O2", "-o", target, HERE / f"{program}.c"], check=True)
    return target


class Clients:
    """Connected and live when the block begins. Calls block until the program has answered."""

    def __init__(self, program: Path, port: int, dialect: str, paths: Sequence[str]) -> None:
        self._folder = program.parent
        self.count = len(paths)
        self._child = subprocess.Popen(
            [program, str(port), dialect],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=pinned(CLIENT_CORE),
        )
        self._say("\n".join(paths) + "\n")
        self.connecting_s = float(self._answer("ready"))

    def __enter__(self) -> "Clients":
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._child.communicate()

    def expect(self, messages: int) -> None:
        self._say(f"expect {messages}")
        self._answer("expecting")

    def wait(self) -> None:
        """Until as many have come as are expected."""
        self._answer("done")

    def samples(self) -> list[tuple[int, int]]:
        """(number, nanoseconds on the monotonic clock) of each message since `expect`."""
        file = self._folder / "samples"
        self._say(f"samples {file}")
        self._answer("written")
        found = array("q", file.read_bytes())
        return list(zip(found[::2], found[1::2], strict=True))

    def _say(self, line: str) -> None:
        assert self._child.stdin
        self._child.stdin.write(line + "\n")
        self._child.stdin.flush()

    def _answer(self, word: str) -> str:
        """What follows the word. Raises Stalled after PATIENCE_S."""
        assert self._child.stdout
        if not select.select([self._child.stdout], [], [], PATIENCE_S)[0]:
            raise Stalled(f"the clients have not said {word!r} within {PATIENCE_S} s")
        line = self._child.stdout.readline()
        first, _, rest = line.partition(" ")
        if first.strip() != word:
            raise RuntimeError(f"the clients said {line!r}, not {word!r}")
        return rest.strip()
