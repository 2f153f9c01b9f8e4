#!/usr/bin/env python
"""The one command line of Tidings: `manage.py help` lists what it can do."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # a setting is nonsense: the operator's to mend, and one line says which
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"tidings: {error}")


if __name__ == "__main__":
    main()
