"""Django's own error pages and mails, without our secrets."""

import re

from django.views.debug import SafeExceptionReporterFilter


class WithoutSecrets(SafeExceptionReporterFilter):
    """Also leaves out the settings that hold a URL with a password in it."""

    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern + "|CHANNEL_URLS|REDIS_URL|CHANNEL_LAYERS", flags=re.I
    )
