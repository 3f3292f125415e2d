"""From a count of payments to a score."""

from __future__ import annotations

# Payments within the window, and the score they earn.
STEPS = ((3, 0), (6, 30), (10, 70))


def score(payments: int) -> int:
    """0 for a calm card, 100 for one that changes hands."""
    for limit, points in STEPS:
        if payments <= limit:
            return points
    return 100
