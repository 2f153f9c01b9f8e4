from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_words_wishes_rooms")]
    operations = []
