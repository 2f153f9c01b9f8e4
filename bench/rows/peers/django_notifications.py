"""django-notifications, used as its README does: a program of its own, run by installed.py, a line for each round.

Its app has the name of ours, so it needs a process and a database of its own.
"""

import json
import os
import sys
from collections.abc import Callable

import environ
from clock import cpu_s

sys.path.pop(0)  # this folder: its other neighbours are no modules here
from django.conf import settings

database = environ.Env.db_url_config(os.environ["DATABASE_URL"])
NAME, PEOPLE, LISTED, UNREAD = os.environ["PEER"], *(json.loads(os.environ["PEER_SIZES"]))
TITLE, TEXT, PAGE, ACTORS = os.environ["PEER_TITLE"], os.environ["PEER_TEXT"], 50, 50
settings.configure(
    DATABASES={"default": {**database, "NAME": NAME}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "notifications"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)


def prepare() -> None:
    import django
    import psycopg

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection

    here = {**connection.get_connection_params(), "dbname": "postgres"}
    params = {name: here[name] for name in ("dbname", "user", "host") if here.get(name)}
    with psycopg.connect(**params, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{NAME}"')
    call_command("migrate", verbosity=0)
    User.objects.bulk_create(User(username=f"p{i}", password="!") for i in range(PEOPLE))
    reader, marker = people()[:2]
    for user, rows in ((reader, LISTED), (marker, UNREAD)):
        fill(user, rows)
    vacuum()


def people():
    from django.contrib.auth.models import User

    return User.objects.order_by("pk")


def fill(user, rows: int) -> None:
    """As notify.send leaves them: somebody did something to something."""
    from django.contrib.contenttypes.models import ContentType

    from notifications.models import Notification

    kind = ContentType.objects.get_for_model(user)
    Notification.objects.bulk_create(
        Notification(
            recipient=user,
            actor_content_type=kind,
            actor_object_id=str(user.pk + i % ACTORS),
            target_content_type=kind,
            target_object_id=str(user.pk + (i + 3) % ACTORS),
            verb=TITLE,
            description=TEXT,
        )
        for i in range(rows)
    )


def vacuum() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def broadcast() -> float:
    """Rows for a second of CPU."""
    from notifications.signals import notify

    sender, everybody = people().first(), people().all()
    took = timed(lambda: notify.send(sender, recipient=everybody, verb=TITLE, target=sender, description=TEXT))
    return PEOPLE / took


def list_of_50() -> float:
    """Milliseconds of its own live list, without middleware: it is given the person."""
    from django.test import RequestFactory

    from notifications import views

    def ask() -> None:
        request = RequestFactory().get(f"/api/all_list/?max={PAGE}")
        request.user = reader
        answer = json.loads(views.live_all_notification_list(request).content)
        assert len(answer["all_list"]) == PAGE

    reader = people().first()
    ask()
    return timed(lambda: [ask() for _ in range(10)]) / 10 * 1000


def mark_all() -> float:
    """Milliseconds."""
    marker = people()[1]
    marker.notifications.mark_all_as_unread()
    vacuum()
    return timed(lambda: marker.notifications.mark_all_as_read()) * 1000


def timed(act: Callable[[], object]) -> float:
    began = cpu_s()
    act()
    return cpu_s() - began


def main() -> None:
    rounds = {"broadcast": broadcast, "list": list_of_50, "mark_all": mark_all}
    prepare()
    print("ready", flush=True)
    for line in sys.stdin:
        print(rounds[line.strip()](), flush=True)


if __name__ == "__main__":
    main()
