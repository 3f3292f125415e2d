"""When money may move, in each of the places we pay out to."""

from candidate.schedule.calendar import (
    EUR,
    SEK,
    Calendar,
    is_business_day,
    next_business_day,
)
from candidate.schedule.easter import easter_sunday
from candidate.schedule.payout import payout_date

__all__ = [
    "EUR",
    "SEK",
    "Calendar",
    "easter_sunday",
    "is_business_day",
    "next_business_day",
    "payout_date",
]
