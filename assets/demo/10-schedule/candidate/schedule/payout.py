"""The date on which a shop gets its money."""

from __future__ import annotations

from datetime import date

from candidate.schedule.calendar import EUR, Calendar

DELAY = 2


def payout_date(sold_on: date, calendar: Calendar = EUR, delay: int = DELAY) -> date:
    """So many business days after the sale, two unless agreed otherwise."""
    day = sold_on
    for _ in range(delay):
        day = calendar.next_business_day(day)
    return day
