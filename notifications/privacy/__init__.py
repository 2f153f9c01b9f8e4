"""What is kept about a person, handed out or erased. What goes, what stays and why: docs/audit-and-privacy.md."""

from .erasing import erase
from .exporting import export
from .people import Objection, Unknown

__all__ = ["Objection", "Unknown", "erase", "export"]
