"""Entries are sealed in batches, and nothing but that, and erasing a person, changes them.

No row is touched: what has been written is sealed by the worker, a thousand entries at a time. What servers of the
version before write while this is under way is sealed like everything else. The triggers are put up when all migrations
are through (`audit.guard.after_migrating`).
"""

import notifications.models.notification
from django.conf import settings
from django.db import migrations, models

from notifications.audit import guard


def open_again(apps, schema_editor):
    guard.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_words_wishes_rooms")]
    operations = [
        migrations.CreateModel(
            name="AuditBatch",
            fields=[
                ("number", models.BigIntegerField(help_text="1, 2, 3 …", primary_key=True, serialize=False)),
                ("previous", models.CharField(help_text="The hash of the batch before; of the first: zeros.", max_length=64)),
                ("hash", models.CharField(max_length=64)),
                ("seals", models.BinaryField(help_text="By id, 40 bytes an entry: its id, then the SHA-256 of what it says.")),
                ("count", models.PositiveIntegerField()),
                ("first_id", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                ("sealed_at", models.DateTimeField()),
            ],
            options={"verbose_name_plural": "audit batches"},
        ),
        migrations.AddField(
            model_name="auditentry",
            name="salt",
            field=models.CharField(help_text="Goes with the particulars when they are erased.", max_length=32, null=True),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="particulars_hash",
            field=models.CharField(blank=True, db_default="", default="", help_text="Once sealed.", max_length=64),
        ),
        migrations.AddField(
            model_name="auditentry",
            name="batch",
            field=models.BigIntegerField(help_text="None: not sealed yet.", null=True),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["batch", "id"], name="audit_batch"),
        ),
        migrations.AlterField(  # of no column: accounts with an inbox are not deleted any more, but erased
            model_name="inbox",
            name="user",
            field=models.OneToOneField(
                on_delete=notifications.models.notification.erased_instead,
                primary_key=True,
                related_name="+",
                serialize=False,
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, open_again),
    ]
