"""The fault suite: python -m bench.faults [--quick] [--embedded | --cluster] [--only name]. Exit code 0: all well."""

import argparse
import asyncio
import platform
import resource
import signal
import sys

import uvloop

from config.running import processes

from .cluster.parts import ROOT
from .running import Performance
from .table import FAULTS, Fault, rows

SETTINGS = ("cluster", "embedded")


def main() -> int:
    given = _arguments()
    chosen = [one for one in SETTINGS if getattr(given, one)] or list(SETTINGS)
    chosen = [one for one in chosen if rows(one, quick=given.quick, only=given.only)]
    if not chosen:
        print(f"There is no such fault here. There are: {', '.join(fault.name for fault in FAULTS)}", file=sys.stderr)
        return 2
    if not given.inner:
        print(f"{platform.system()} {platform.release()}, Python {platform.python_version()}; loopback.\n")
        print("| where | fault | what | expected | seen | ok |\n|---|---|---|---|---|---|", flush=True)
        return max(_in_a_process_of_its_own(one) for one in chosen)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    performance = Performance(chosen[0], quick=given.quick)
    return uvloop.run(_until_signalled(performance, rows(chosen[0], quick=given.quick, only=given.only)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller numbers, and only what is done in two minutes")
    parser.add_argument("--only", help="this fault alone; may be repeated", metavar="NAME", action="append")
    for setting in SETTINGS:
        parser.add_argument(f"--{setting}", action="store_true", help="this setting alone")
    parser.add_argument("--inner", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _in_a_process_of_its_own(setting: str) -> int:
    """Each has a database and settings of its own. Ctrl-C is passed on, and waited for."""
    words = [word for word in sys.argv[1:] if word not in {f"--{one}" for one in SETTINGS}]
    child = processes.spawn([sys.executable, "-m", "bench.faults", *words, f"--{setting}", "--inner"], cwd=ROOT)
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: child.send_signal(signal.SIGTERM))
    return child.wait()


async def _until_signalled(performance: Performance, faults: list[Fault]) -> int:
    work = asyncio.ensure_future(performance.run(faults))
    for ending in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(ending, work.cancel)
    try:
        return 0 if await work else 1
    except asyncio.CancelledError:
        return 130


if __name__ == "__main__":
    sys.exit(main())
