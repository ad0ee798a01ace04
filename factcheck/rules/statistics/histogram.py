"""Medians of durations from counts: each duration is counted in a bucket, eight of which double it.

A quantile is in the bucket that has the duration of its rank, and is given as the middle of that bucket: at most 4.4 %
(2^(1/16) - 1) beside the exact one. What is shorter than a second is given as one second.
"""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import timedelta

STEPS = 8  # buckets in which a duration doubles
DOUBLINGS = 31  # of a second: 68 years. What is longer is in the last bucket.
_BOUNDS = [2 ** (step / STEPS) for step in range(1, STEPS * DOUBLINGS)]


def bucket_of(duration: timedelta) -> int:
    """Return the number of the bucket of a duration: bucket n begins at 2^(n/8) seconds, the first at 0."""
    return bisect_right(_BOUNDS, duration.total_seconds())


def middle(bucket: int) -> int:
    """Return the middle of a bucket, in whole seconds."""
    return round(2 ** ((bucket + 0.5) / STEPS))


def percentile(counts: Mapping[int, int], percent: int) -> int | None:
    """Return the duration, in seconds, that so many percent do not exceed; None when nothing was counted.

    By the nearest rank: the smallest duration such that at least `percent` of all are not longer.
    """
    total = sum(counts.values())
    rank = max(1, -(-total * percent // 100))
    passed = 0
    for bucket in sorted(counts):
        passed += counts[bucket]
        if passed >= rank:
            return middle(bucket)
    return None
