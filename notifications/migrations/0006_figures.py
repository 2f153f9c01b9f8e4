from django.db import migrations, models

from notifications.figures import triggers


def forget_triggers(apps, schema_editor):
    triggers.remove()


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0005_sealed_audit"),
    ]

    operations = [
        migrations.CreateModel(
            name="Counted",
            fields=[
                (
                    "source",
                    models.CharField(
                        choices=[("notifications", "Notifications"), ("deliveries", "Deliveries")],
                        max_length=13,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("up_to", models.BigIntegerField(default=0, help_text="The highest id that has been counted.")),
                ("version", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Figure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(help_text="UTC, of creation.")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("inbox", "Inbox"),
                            ("websocket", "Websocket"),
                            ("email", "Email"),
                            ("whatsapp", "Whatsapp"),
                            ("sms", "Sms"),
                            ("push", "Push"),
                            ("apprise", "Apprise"),
                            ("webhook", "Webhook"),
                        ],
                        help_text="“websocket” and “inbox”: notifications. Else: deliveries.",
                        max_length=9,
                    ),
                ),
                ("kind", models.CharField(blank=True, help_text="“” for deliveries.", max_length=64)),
                ("priority", models.PositiveSmallIntegerField(help_text="0 low … 4 critical.")),
                ("reason", models.CharField(blank=True, help_text="Why deliveries failed.", max_length=24)),
                ("created", models.BigIntegerField(default=0)),
                ("sent", models.BigIntegerField(default=0)),
                ("delivered", models.BigIntegerField(default=0)),
                ("read", models.BigIntegerField(default=0)),
                ("failed", models.BigIntegerField(default=0)),
                ("delivery_ms", models.JSONField(default=dict, help_text="{bucket: how many}; figures/histogram.py.")),
                ("rtt_ms", models.JSONField(default=dict)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("day", "channel", "kind", "priority", "reason"), name="figure_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="LateChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "source",
                    models.CharField(
                        choices=[("notifications", "Notifications"), ("deliveries", "Deliveries")], max_length=13
                    ),
                ),
                ("row_id", models.BigIntegerField()),
                ("sign", models.SmallIntegerField()),
                ("day", models.DateField()),
                ("channel", models.CharField(max_length=9)),
                ("kind", models.CharField(max_length=64)),
                ("priority", models.PositiveSmallIntegerField()),
                ("reason", models.CharField(max_length=24)),
                ("created", models.PositiveSmallIntegerField()),
                ("sent", models.PositiveSmallIntegerField()),
                ("delivered", models.PositiveSmallIntegerField()),
                ("read", models.PositiveSmallIntegerField()),
                ("failed", models.PositiveSmallIntegerField()),
                ("delivery_ms", models.BigIntegerField(null=True)),
                ("rtt_ms", models.BigIntegerField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["source", "row_id"], name="late_by_row")],
            },
        ),
        migrations.CreateModel(
            name="MetricSnapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=64)),
                ("value", models.FloatField()),
                ("subject_kind", models.CharField(blank=True, max_length=64)),
                ("subject_id", models.CharField(blank=True, max_length=64)),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["name", "-id"], name="metric_by_name"),
                    models.Index(fields=["recorded_at"], name="metric_retention"),
                ],
            },
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_triggers),
    ]
