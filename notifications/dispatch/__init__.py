"""The one way in: `notify`, once per request (`act_once`); and the way back, `cancel`."""

from .accepting import LONGEST_TITLE, notify
from .cancelling import cancel
from .rehearsing import Rehearsal, rehearse
from .repeating import LONGEST_KEY, act_once, once, remember
from .trying import TooManyTests, try_channel

__all__ = [
    "LONGEST_KEY",
    "LONGEST_TITLE",
    "Rehearsal",
    "TooManyTests",
    "act_once",
    "cancel",
    "notify",
    "once",
    "rehearse",
    "remember",
    "try_channel",
]
