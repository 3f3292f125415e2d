"""How much of a sale may still be given back."""

from __future__ import annotations

from collections.abc import Iterable

from core.money import Money


class Refused(ValueError):
    """The refund breaks a rule; the message says which."""


def refundable(sale: Money, refunds: Iterable[Money]) -> Money:
    """What is left of a sale after the refunds so far."""
    left = sale
    for refund in refunds:
        left -= refund
    if left.minor < 0:
        raise Refused(f"{-left} more given back than was paid")
    return left
