"""Postgres: leave room on each page, so that changing a row need not touch its indexes (HOT updates)."""

from django.db import migrations

FILL = {"notifications_inbox": 60, "notifications_notificationlog": 85}


def leave_room(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, percent in FILL.items():
        schema_editor.execute(f"ALTER TABLE {table} SET (fillfactor = {percent})")


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]
    operations = [migrations.RunPython(leave_room, migrations.RunPython.noop)]
