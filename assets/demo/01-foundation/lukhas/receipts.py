"""Receipts as plain text, for a till printer 32 columns wide."""

from __future__ import annotations

from collections.abc import Sequence

from core.money import Money

WIDTH = 32


def render(shop: str, lines: Sequence[tuple[str, Money]]) -> str:
    """The receipt of one sale."""
    total = Money(0, lines[0][1].currency) if lines else Money(0)
    rows = [shop.center(WIDTH).rstrip(), "-" * WIDTH]
    for label, amount in lines:
        total += amount
        rows.append(_row(label, amount))
    rows += ["-" * WIDTH, _row("Total", total)]
    return "\n".join(rows) + "\n"


def _row(label: str, amount: Money) -> str:
    price = str(amount)
    room = WIDTH - len(price) - 1
    return f"{label[:room]:<{room}} {price}"
