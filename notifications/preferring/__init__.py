"""What people want: their preferences, quiet hours and unsubscriptions. Each change is a verb."""

from .changing import FIELDS, READ_ONLY, change, resubscribe, unsubscribe
from .grid import CHANNELS
from .showing import shown
from .values import is_mandatory

__all__ = ["CHANNELS", "FIELDS", "READ_ONLY", "change", "is_mandatory", "resubscribe", "shown", "unsubscribe"]
