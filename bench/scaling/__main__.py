"""python -m bench.scaling --users 100000 --messages-a-day 1000000 --peak 10: the machines for that, as Markdown."""

import argparse
from dataclasses import fields

from .figures import measured
from .model import Load, Machines, plan

EXAMPLES = [
    Load(users=1_000, messages_a_day=20_000),
    Load(users=50_000, messages_a_day=500_000),
    Load(users=500_000, messages_a_day=5_000_000),
    Load(users=5_000_000, messages_a_day=50_000_000, audience=5),
]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scaling", description=__doc__)
    for field in fields(Load):
        kind = int if field.type in ("int", int) else float
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, dest=field.name)
    given = {name: value for name, value in vars(parser.parse_args()).items() if value is not None}
    if given and not {"users", "messages_a_day"} <= set(given):
        parser.error("say both --users and --messages-a-day, or nothing for the examples")
    loads = [Load(**given)] if given else EXAMPLES
    print("\n".join(table(loads)))
    print("\nBeyond what was measured:")
    for load in loads:
        for remark in plan(load, measured()).unseen:
            print(f"- {load.users:,} users: {remark}")


def table(loads: list[Load]) -> list[str]:
    figures = measured()
    return [
        "| users | messages a day | a second, at the peak | open sockets "
        "| servers | decided by | workers | Postgres | Valkey | kept |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(_row(load, plan(load, figures)) for load in loads),
    ]


def _row(load: Load, machines: Machines) -> str:
    cells = [
        f"{load.users:,}",
        f"{load.messages_a_day:,}",
        f"{load.messages_a_second:,.0f}",
        f"{load.sockets:,}",
        machines.servers,
        machines.bound,
        machines.workers,
        machines.databases,
        machines.bells,
        f"{machines.stored_bytes / 1e9:,.0f} GB",
    ]
    return "| " + " | ".join(map(str, cells)) + " |"


if __name__ == "__main__":
    main()
