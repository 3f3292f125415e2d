"""Asks every rule, and answers with the strictest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.money import Money

ORDER = ("accept", "review", "decline")


@dataclass(frozen=True)
class Payment:
    """What a rule may look at. No names, no addresses."""

    amount: Money
    card_country: str
    shop_country: str


Rule = Callable[[Payment], str]


def verdict(payment: Payment, rules: Iterable[Rule]) -> str:
    """The strictest answer of all rules; `accept` when there are none."""
    answers = [rule(payment) for rule in rules]
    return max(answers, key=ORDER.index, default="accept")


def above(limit: Money) -> Rule:
    """Have a person look at anything above a limit."""
    return lambda payment: "review" if limit < payment.amount else "accept"
