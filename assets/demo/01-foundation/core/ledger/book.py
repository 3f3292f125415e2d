"""Postings and the balances they add up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.money import Money


class Unbalanced(ValueError):
    """The legs of a posting don't add up to nothing."""


@dataclass(frozen=True)
class Posting:
    """One event, as amounts on two or more accounts."""

    reference: str
    legs: tuple[tuple[str, Money], ...]


class Book:
    """All postings of one currency, in order."""

    def __init__(self, currency: str = "EUR") -> None:
        self.currency = currency
        self._postings: list[Posting] = []

    def post(self, reference: str, legs: Iterable[tuple[str, Money]]) -> Posting:
        """Write a posting down, if its legs balance."""
        posting = Posting(reference, tuple(legs))
        total = Money(0, self.currency)
        for _, amount in posting.legs:
            total += amount
        if total.minor:
            raise Unbalanced(f"{reference} is off by {total}")
        self._postings.append(posting)
        return posting

    def balance(self, account: str) -> Money:
        """What is on an account now."""
        total = Money(0, self.currency)
        for posting in self._postings:
            for name, amount in posting.legs:
                if name == account:
                    total += amount
        return total
