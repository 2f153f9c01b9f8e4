"""Valkey on a port of its own; Postgres comes from where the tests have it."""

from pathlib import Path

from config.running import embedded

from .parts import Part, free_port


class Valkey(Part):
    """Nothing is kept: started again, it is empty."""

    def __init__(self, folder: Path) -> None:
        program = embedded.find_server()
        if program is None:
            raise SystemExit("faults: no Valkey for this platform")
        (folder / "valkey").mkdir()
        self.port = free_port()
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        command = [program, *words, "--dir", str(folder / "valkey"), "--loglevel", "warning"]
        super().__init__("valkey", command, log=folder / "valkey.log", env={})
