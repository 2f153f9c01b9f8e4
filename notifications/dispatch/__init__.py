"""The one way in: `notify`, once per request (`act_once`); and the way back, `cancel`."""

from .accepting import LONGEST_TITLE, notify
from .cancelling import cancel
from .rehearsing import Rehearsal, rehearse
from .repeating import LONGEST_KEY, act_once, once, remember

__all__ = ["LONGEST_KEY", "LONGEST_TITLE", "Rehearsal", "act_once", "cancel", "notify", "once", "rehearse", "remember"]
