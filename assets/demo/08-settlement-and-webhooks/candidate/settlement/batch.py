"""Payouts, in batches no larger than the bank takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.money import Money

LIMIT = 50


@dataclass(frozen=True)
class Payout:
    """What one shop gets today."""

    shop: str
    amount: Money


@dataclass(frozen=True)
class Batch:
    """What goes to the bank in one message."""

    number: int
    payouts: tuple[Payout, ...]

    @property
    def total(self) -> Money:
        """The sum the bank must find at the end."""
        return Money(sum(payout.amount.minor for payout in self.payouts))


def batches(payouts: Iterable[Payout], limit: int = LIMIT) -> Iterator[Batch]:
    """Payouts worth sending, cut into numbered batches."""
    due = [payout for payout in payouts if payout.amount.minor > 0]
    for number, start in enumerate(range(0, len(due), limit), start=1):
        yield Batch(number, tuple(due[start : start + limit]))
