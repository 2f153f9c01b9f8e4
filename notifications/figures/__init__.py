"""Counting: what a period's notifications and deliveries came to, exactly, however many there are.

A row is counted once it is some minutes old: the roll-up adds it to the `Figure` of its day (rolling.py). Should it
change later, a trigger notes how (`LateChange`). So the figures of a period are, at any moment, what was rolled up, the
changes noted since, and the few rows that are still to be counted (reading.py). A row that is removed is counted
first (keeping.py): its figures stay. What each figure means, to the letter: docs/analytics.md.
"""

from .keeping import keep_figures_of
from .reading import between, of_people
from .rolling import roll_up
from .triggers import install as install_triggers

__all__ = ["between", "install_triggers", "keep_figures_of", "of_people", "roll_up"]
