"""The date on which a shop gets its money."""

from __future__ import annotations

from datetime import date

from core.schedule.calendar import next_business_day

DELAY = 2


def payout_date(sold_on: date) -> date:
    """Two business days after the sale."""
    day = sold_on
    for _ in range(DELAY):
        day = next_business_day(day)
    return day
