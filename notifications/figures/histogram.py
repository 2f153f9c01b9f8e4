"""Durations, counted in buckets: percentiles survive the rows they came from.

A bucket keeps the six leading binary digits of the milliseconds, so a percentile is at most 1/64 (1.6 %) off; below
64 ms it is exact.
"""

from collections.abc import Mapping
from math import ceil

DIGITS = 6  # binary


def bucket(ms: int) -> int:
    """The lowest duration of its bucket.

    >>> bucket(63), bucket(64), bucket(65), bucket(1000)
    (63, 64, 64, 992)
    """
    rest = _rest(ms)
    return ms >> rest << rest


def percentile(counts: Mapping[int, int], fraction: float) -> int | None:
    """The middle of the bucket that holds the smallest duration not exceeded by this fraction; None of nothing.

    >>> percentile({10: 1, 20: 1, 992: 2}, 0.5), percentile({10: 1, 20: 1, 992: 2}, 0.95), percentile({}, 0.5)
    (20, 999, None)
    """
    rank = ceil(fraction * sum(counts.values()))
    for lowest in sorted(counts):
        rank -= counts[lowest]
        if rank <= 0 and counts[lowest] > 0:
            return lowest + ((1 << _rest(lowest)) - 1) // 2
    return None


def _rest(ms: int) -> int:
    return max(0, ms.bit_length() - DIGITS)
