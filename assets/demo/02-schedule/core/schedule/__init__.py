"""When money may move."""

from core.schedule.calendar import is_business_day, next_business_day
from core.schedule.payout import payout_date

__all__ = ["is_business_day", "next_business_day", "payout_date"]
