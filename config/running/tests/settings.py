"""The settings of the test run: the product's own, read after real servers have been started."""

import os

from config.running.tests import servers

_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
_folder = servers.folder() / _worker
_folder.mkdir(exist_ok=True)
os.environ["DATA_DIR"] = str(_folder)
os.environ["TIDINGS_LAYER_PREFIX"] = f"test-{_worker}"  # one Valkey for all: nobody may hear another worker's bell

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, MIDDLEWARE  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(_folder / "test.sqlite3")}  # in memory, threads would not see it
else:
    DATABASES["default"]["OPTIONS"]["pool"] = False  # a pool's idle connections would outlive the test that made them

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # signing in is not what takes the time
WHITENOISE_AUTOREFRESH = True  # else each test's client would look at every static file when it is made
MIDDLEWARE = ["config.documents.tests.witness.Witness", *MIDDLEWARE]
