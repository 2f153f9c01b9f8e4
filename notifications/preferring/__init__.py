"""What people want: their preferences, quiet hours and unsubscriptions. Each change is a verb."""

from .changing import change
from .grid import CHANNELS, is_on
from .leaving import choose, resubscribe, unsubscribe
from .showing import shown
from .values import is_mandatory

__all__ = ["CHANNELS", "change", "choose", "is_mandatory", "is_on", "resubscribe", "shown", "unsubscribe"]
