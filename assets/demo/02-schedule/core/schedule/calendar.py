"""Business days of the euro clearing system."""

from __future__ import annotations

from datetime import date, timedelta

# The days on which the clearing system is closed, as (month, day).
FIXED_HOLIDAYS = {(1, 1), (5, 1), (12, 25), (12, 26)}


def easter_sunday(year: int) -> date:
    """Easter by the anonymous Gregorian algorithm."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def is_business_day(day: date) -> bool:
    """Whether money moves on this day."""
    if day.weekday() >= 5:
        return False
    if (day.month, day.day) in FIXED_HOLIDAYS:
        return False
    easter = easter_sunday(day.year)
    return day not in (easter - timedelta(days=2), easter + timedelta(days=1))


def next_business_day(day: date) -> date:
    """The first business day after this day."""
    day += timedelta(days=1)
    while not is_business_day(day):
        day += timedelta(days=1)
    return day
