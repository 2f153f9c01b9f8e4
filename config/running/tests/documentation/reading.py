"""A command is read, not run, by whoever would take it; `Wrong` says why it would not be taken.

make and npm say what they would do. Celery and the benchmarks are asked for `--help` after the same words. Django's own
parser of a command of manage.py takes the rest. compose's services, systemd's units, files, paths and variables are
looked for, and the shell reads all of it. A `…` is left out or stands for a value, and so does `<this>`.
"""

import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from fnmatch import filter as like
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from django.core.management import CommandError, get_commands, load_command_class
from django.core.management.base import CommandParser
from django.urls import Resolver404, resolve

from ..deployment.files import DEPLOY, compose, known_variables
from ..trees import ROOT
from .test_reference import OURS

Words = list[str]
Variables = Mapping[str, str]

VARIABLE = re.compile(r"([A-Z][A-Z_]+)=(.*)", re.DOTALL)
KEYWORDS = {"until", "while", "if", "then", "do", "done", "fi", "!"}
WITH_A_VALUE = {"-f", "-p", "--profile"}
UNITS = [path.name for path in (DEPLOY / "systemd").iterdir()]
OURSELVES = {name for name, app in get_commands().items() if app in OURS}


class Wrong(AssertionError):
    """It would not be taken."""


def read(where: str, command: str) -> None:
    """As it stands on this page."""
    text = _filled_in(command)
    _asked("bash", "-n", "-c", "--", text)
    for variables, words in _simple(text):
        if unknown := variables.keys() - _variables():
            raise Wrong(f"nothing reads {', '.join(unknown)}")
        if words:
            _read(where, words, variables)


def _read(where: str, words: Words, variables: Variables) -> None:
    program = Path(words[0]).name
    if program.startswith("--"):
        _option(where, program)
    elif program in OURSELVES:
        _manage(where, words, variables)
    elif program in READERS:
        READERS[program](where, words[1:], variables)
    else:
        raise Wrong(f"nobody here reads {program}")


def _filled_in(command: str) -> str:
    text = re.sub(r"<[a-z_]+>|\bN$", "1", command).replace("compose …", "compose -f deploy/compose.yaml")
    return re.sub(r"\s…(?=\s|$)", "", re.sub(r"(\s--[\w-]+) …", r"\1 1", text))


def _simple(text: str) -> Iterator[tuple[dict[str, str], Words]]:
    """Its parts, as a shell takes them apart: the variables and the words of each."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: Words = []
    for word in [*lexer, ";"]:
        if not set(word) <= set("();<>|&"):
            words.append(word)
            continue
        variables = {}
        while words and (words[0] in KEYWORDS or VARIABLE.fullmatch(words[0])):
            if found := VARIABLE.fullmatch(words.pop(0)):
                variables[found[1]] = found[2]
        if words or variables:
            yield variables, words
        words = []


@functools.cache
def _asked(*command: str, folder: Path = ROOT) -> str:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(command, cwd=folder, env=ours, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise Wrong(done.stderr or done.stdout)
    return done.stdout


@functools.cache
def _variables() -> set[str]:
    """Whatever the product, its commands, containers and benchmarks read."""
    files = [ROOT / "Makefile", DEPLOY / "compose.yaml", *(ROOT / "bench").rglob("*.py")]
    return known_variables() | {name for path in files for name in re.findall(r"\b[A-Z_]+\b", path.read_text())}


def _parser(name: str) -> CommandParser:
    return load_command_class(get_commands()[name], name).create_parser("manage.py", name)


# --- each ------------------------------------------------------------------------------------------------------------


def _make(where: str, words: Words, variables: Variables) -> None:
    """It exists; and a benchmark takes what the target hands on."""
    given = [f"{name}={value}" for name, value in variables.items()]
    for line in _asked("make", "-n", *words, *given).splitlines():
        if " -m bench" in line:
            _python(where, shlex.split(line)[1:], {})


def _manage(_: str, words: Words, __: Variables) -> None:
    if not words:
        return
    name, *given = words
    if name not in get_commands():
        raise Wrong(f"there is no command {name}")
    if given:  # without any, the sentence only names it
        try:
            _parser(name).parse_args(given)
        except CommandError as error:
            raise Wrong(f"{name}: {error}") from error


def _option(where: str, name: str) -> None:
    """The sentence says of which command: here it is one of ours, or a benchmark that the page names."""
    benchmarks = re.findall(r"-m (bench(?:\.\w+)*)", (ROOT / where).read_text(encoding="utf-8"))
    helped = [_parser(one).format_help() for one in OURSELVES]
    helped += [_asked(sys.executable, "-m", module, "--help") for module in benchmarks]
    if not any(re.search(rf"{name}\b", text) for text in helped):
        raise Wrong(f"no command takes {name}")


def _python(where: str, words: Words, _: Variables) -> None:
    match words:
        case [script, *given] if script.endswith("manage.py"):
            _manage(where, given, {})
        case ["-m", module, *given] if module.partition(".")[0] == "bench":
            helped = _asked(sys.executable, "-m", module, *given, "--help")
            if unknown := [word for word in given if word[0] == "-" and word.partition("=")[0] not in helped]:
                raise Wrong(f"{module} does not take {unknown}")
        case ["-m", module, *_]:
            if not find_spec(module):
                raise Wrong(f"there is no module {module}")
        case [script, *_]:
            if not (ROOT / script).is_file():
                raise Wrong(f"there is no {script}")


def _celery(_: str, words: Words, __: Variables) -> None:
    _asked(sys.executable, "-m", "celery", *words, "--help")


def _npm(where: str, words: Words, _: Variables) -> None:
    """Where there is npm, in a folder that has nothing but the package: an old `npm ci` clears it first."""
    if not shutil.which("npm"):
        return
    with TemporaryDirectory() as folder:
        for path in (ROOT / where).parent.glob("package*.json"):
            shutil.copy(path, folder)
        _asked("npm", *words, "--dry-run", "--offline", "--ignore-scripts", folder=Path(folder))


def _docker(where: str, words: Words, variables: Variables) -> None:
    """`compose -f file verb service`: what it names is in the file."""
    given = dict(pairwise(words))
    _, verb, *named = _without_options(words)
    if words[0] != "compose" or ROOT / given.get("-f", "") != DEPLOY / "compose.yaml":
        raise Wrong("only deploy/compose.yaml is ours")
    if verb == "run":
        _manage(where, named[1:], {})
        del named[1:]
    services = compose()["services"]
    profiles = {profile for service in services.values() for profile in service.get("profiles", [])}
    text = (DEPLOY / "compose.yaml").read_text()
    unread = {name for name in variables if f"${{{name}:" not in text}
    if unknown := set(named) - services.keys() | {given.get("--profile", "")} - profiles - {""} | unread:
        raise Wrong(f"compose.yaml has no {', '.join(unknown)}")


def _without_options(words: Words) -> Words:
    return [word for before, word in pairwise(["", *words]) if word[0] != "-" and before not in WITH_A_VALUE]


def _systemctl(_: str, words: Words, __: Variables) -> None:
    named = {re.sub(r"@.+", "@", word) for word in _without_options(words)[1:]} - {"nginx"}
    if unknown := named - {unit.removesuffix(".service") for unit in UNITS}:
        raise Wrong(f"deploy/systemd has no {', '.join(unknown)}")


def _journalctl(_: str, words: Words, __: Variables) -> None:
    if not like(UNITS, words[words.index("-u") + 1]):
        raise Wrong(f"deploy/systemd has nothing like {words}")


def _systemd_run(where: str, words: Words, _: Variables) -> None:
    _python(where, words[next(at for at, word in enumerate(words) if word.endswith("manage.py")) :], {})


def _curl(_: str, words: Words, __: Variables) -> None:
    path = urlsplit(words[-1] if "://" in words[-1] else f"//{words[-1]}").path
    try:
        is_there = resolve(path).route != "^api/"  # that one is the last, for whatever there is not
    except Resolver404:
        is_there = False
    if not is_there:
        raise Wrong(f"there is no {path}")


def _kill(where: str, words: Words, _: Variables) -> None:
    text = (ROOT / where).read_text(encoding="utf-8")
    if not all(f"{word.removeprefix('$')}=" in text for word in words):
        raise Wrong(f"the page does not say what {words} are")


def _copy(_: str, words: Words, __: Variables) -> None:
    if missing := [word for word in words[:-1] if word.startswith("deploy/") and not list(ROOT.glob(word))]:
        raise Wrong(f"there is no {', '.join(missing)}")


def _on_trust(_: str, __: Words, ___: Variables) -> None:
    """The system's; we say nothing of it that could grow old."""


ON_TRUST = ("cd", "chmod", "export", "git", "nginx", "sleep", "sudo", "useradd")
READERS: dict[str, Callable[[str, Words, Variables], None]] = {
    **dict.fromkeys(ON_TRUST, _on_trust),
    "cp": _copy,
    "install": _copy,
    "make": _make,
    "manage.py": _manage,
    "python": _python,
    "python3": _python,
    "celery": _celery,
    "npm": _npm,
    "docker": _docker,
    "systemctl": _systemctl,
    "journalctl": _journalctl,
    "systemd-run": _systemd_run,
    "curl": _curl,
    "kill": _kill,
}
