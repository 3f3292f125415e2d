"""Conversion with a margin, by the bank's daily reference rates."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal

from core.money import Money

# Agreed with the bank in March; it covers what a rate moves over one weekend, and a bit more.
MARGIN = Decimal("0.015")


class UnknownRate(KeyError):
    """There is no reference rate for this pair today."""


def rate(base: str, quote: str, rates: dict[str, Decimal]) -> Decimal:
    """The reference rate of a pair; the bank publishes its list every working day around four o'clock."""
    # A pair the bank does not list goes by way of the euro.
    direct = rates.get(f"{base}/{quote}")
    if direct is not None:
        return direct
    try:
        return rates[f"EUR/{quote}"] / rates[f"EUR/{base}"]
    except KeyError:
        raise UnknownRate(f"no rate for {base}/{quote} today") from None


def convert(amount: Money, currency: str, rates: dict[str, Decimal]) -> Money:
    """The amount in another currency, with our margin on top."""
    if currency == amount.currency:
        return amount
    exact = Decimal(amount.minor) * rate(amount.currency, currency, rates)
    exact *= 1 + MARGIN
    return Money(int(exact.to_integral_value(ROUND_HALF_UP)), currency)
