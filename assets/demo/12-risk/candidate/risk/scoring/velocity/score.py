"""From a count of payments to a score."""

from __future__ import annotations

# Payments within the window, and the score they earn.
STEPS = {3: 0, 6: 30, 10: 70}
WORST = 100


def score(payments: int) -> int:
    """0 for a calm card, 100 for one that changes hands."""
    if payments > max(STEPS):
        return WORST
    return STEPS.get(step(payments))


def step(payments: int) -> int:
    """The lowest step that holds so many payments."""
    return min(limit for limit in STEPS if payments <= limit)
