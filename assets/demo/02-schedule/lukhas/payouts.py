"""What a shop reads about its next payout."""

from __future__ import annotations

from datetime import date

from core.money import Money
from core.schedule import is_business_day, payout_date


def notice(amount: Money, sold_on: date) -> str:
    """One sentence, with the date the money arrives."""
    arrives = payout_date(sold_on)
    if is_business_day(sold_on):
        return f"{amount} will arrive on {arrives:%A, %d.%m.}"
    return f"{amount} will arrive on {arrives:%A, %d.%m.}, as banks rest today"
