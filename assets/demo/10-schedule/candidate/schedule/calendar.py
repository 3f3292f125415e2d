"""Business days of a clearing system."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from candidate.schedule.easter import easter_sunday


@dataclass(frozen=True)
class Calendar:
    """The days on which a clearing system is closed."""

    # As (month, day).
    fixed: frozenset[tuple[int, int]]
    # As days from Easter Sunday.
    moving: frozenset[int]

    def next_business_day(self, day: date) -> date:
        """The first business day after this day."""
        day += timedelta(days=1)
        while not self.is_business_day(day):
            day += timedelta(days=1)
        return day

    def is_business_day(self, day: date) -> bool:
        """Whether money moves on this day."""
        if day.weekday() >= 5:
            return False
        if (day.month, day.day) in self.fixed:
            return False
        return (day - easter_sunday(day.year)).days not in self.moving


EUR = Calendar(
    fixed=frozenset({(1, 1), (5, 1), (12, 25), (12, 26)}),
    moving=frozenset({-2, 1}),
)
SEK = Calendar(
    fixed=frozenset({(1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26)}),
    moving=frozenset({-2, 1, 39}),
)


def is_business_day(day: date) -> bool:
    """Whether euros move on this day."""
    return EUR.is_business_day(day)


def next_business_day(day: date) -> date:
    """The first day after this one on which euros move."""
    return EUR.next_business_day(day)
