"""notify.send() of django-notifications, as its README has it; a program of its own, run by expansion.py."""

import json
import os
import sys
import time

import environ

sys.path.pop(0)  # the benchmarks' folder: its neighbours are no modules here
from django.conf import settings

database = environ.Env.db_url_config(os.environ["DATABASE_URL"])
settings.configure(
    DATABASES={"default": {**database, "NAME": "peer"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "notifications"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)


def main() -> None:
    import django
    import psycopg

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection
    from notifications.signals import notify

    here = {**connection.get_connection_params(), "dbname": "postgres"}
    params = {name: here[name] for name in ("dbname", "user", "host") if here.get(name)}
    with psycopg.connect(**params, autocommit=True) as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = 'peer'").fetchone():
            server.execute("CREATE DATABASE peer")
    call_command("migrate", verbosity=0)
    count = int(os.environ["PEER_PEOPLE"])
    User.objects.bulk_create(User(username=f"p{i}", password="!") for i in range(User.objects.count(), count))
    sender, people = User.objects.first(), User.objects.all()
    began = time.perf_counter()
    notify.send(sender, recipient=people, verb="Planned maintenance", description="The service will be read-only. " * 3)
    took = time.perf_counter() - began
    print(json.dumps({"rows_per_s": count / took}))


if __name__ == "__main__":
    main()
