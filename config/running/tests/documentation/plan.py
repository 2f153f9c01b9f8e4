"""Which page is followed by which test, and the few blocks that nobody types here, with the reason.

A block is named by its page and first line. test_every_block.py holds this against the pages. What is run: every block
of the pages that are FOLLOWED, but for those in NOT_RUN. What is only read: those in NOT_RUN, and commands within
sentences; reading.py says by whom, and how far.
"""

from .pages import Block

TUTORIAL, DOMAIN, CHANNEL = "docs/tutorial.md", "docs/adding-a-domain.md", "docs/adding-a-channel.md"
OPERATIONS, CATALOGUE, AUDIT = "docs/operations.md", "docs/catalogue-and-templates.md", "docs/audit-and-privacy.md"

# one after the other, beside one `make run`; who is erased goes last
BESIDE_ONE_SERVER = [
    "README.md",
    "examples/README.md",
    "docs/backends.md",
    CATALOGUE,
    "docs/analytics.md",
    "docs/channels.md",
    "docs/moving-over.md",
    "docs/observability.md",
    "docs/scaling.md",
    AUDIT,
]
FOLLOWED = [TUTORIAL, DOMAIN, CHANNEL, OPERATIONS, *BESIDE_ONE_SERVER]

Name = tuple[str, str]
SQLITE_BACKUP: Name = (OPERATIONS, "sqlite3 var/tidings.sqlite3 \"VACUUM INTO 'tidings-$(date +%F).sqlite3'\"")

ELSEWHERE: dict[Name, str] = {
    ("docs/event-bus.md", "from notifications import bus"): "notifications/tests/test_bus.py",
    (
        "docs/embedding.md",
        '<script type="module" src="https://tidings.example/static/notifications/tidings-inbox.js"></script>',
    ): "notifications/tests/browser/test_component.py",
}

# the first terminal of a page: it goes on while the others are typed
BESIDE: set[Name] = {
    (
        "README.md",
        "$ make run      # everything from a fresh clone, then http://127.0.0.1:8000 (sign in: engineer / demo)",
    ),
    (TUTORIAL, "$ CORS_ALLOWED_ORIGINS=http://localhost:8900 make run"),
    ("examples/README.md", "$ CORS_ALLOWED_ORIGINS=http://localhost:8900 make run"),
}

NOT_RUN: dict[Name, str] = {
    (
        OPERATIONS,
        "# sudo -u postgres createuser --pwprompt tidings && sudo -u postgres createdb --owner=tidings tidings",
    ): ("is for root of a machine with Postgres installed; the test makes its database on a server of its own"),
    (
        OPERATIONS,
        "$ cp deploy/tidings.env.example deploy/tidings.env && chmod 600 deploy/tidings.env     # and fill it in",
    ): "needs a container engine; the files are judged by deployment/test_compose.py and test_image.py",
    (OPERATIONS, "# useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin tidings"): (
        "is for root of a machine with systemd; the units are judged by deployment/test_units.py"
    ),
    (
        OPERATIONS,
        "# systemd-run --pipe --wait -p User=tidings -p EnvironmentFile=/etc/tidings/tidings.env "
        "-p WorkingDirectory=/opt/tidings \\",
    ): "needs systemd as the first process",
    (
        "docs/faults.md",
        "$ make faults                                  # everything: about half an hour on two cores",
    ): ("takes half an hour; a short part is notifications/tests/test_faults.py"),
}


def is_followed(block: Block) -> bool:
    """Whether it is done in its turn when its page is followed."""
    is_typed = block.language in {"bash", "python", "toml", "diff"}
    return is_typed and (block.page, block.first) not in {*ELSEWHERE, *NOT_RUN, SQLITE_BACKUP}
