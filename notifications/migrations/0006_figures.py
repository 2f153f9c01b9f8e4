from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_sealed_audit")]
    operations = []
