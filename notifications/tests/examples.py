"""How long a machine of random steps runs: short each time, long when somebody wants to know."""

import os

THOROUGH = 10  # times as many with TIDINGS_TEST_THOROUGH=1: before a release, and after a change of what they test


def examples(usual: int) -> int:
    """So many on an ordinary run; every run draws others."""
    return usual * THOROUGH if os.environ.get("TIDINGS_TEST_THOROUGH") == "1" else usual
