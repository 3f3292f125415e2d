"""Fees by plan: a share of the sale and a fixed part."""

from __future__ import annotations

from dataclasses import dataclass

from core.money import Money


@dataclass(frozen=True)
class Plan:
    """What was agreed with the shop, in basis points and cents."""

    name: str
    basis_points: int
    fixed: int = 0
    cap: int | None = None


STARTER = Plan("starter", basis_points=250, fixed=10)
VOLUME = Plan("volume", basis_points=120, cap=2_000)


def fee_for(amount: Money, plan: Plan) -> Money:
    """The fee for one sale; half a cent counts as a whole one."""
    fee = round(amount.minor * plan.basis_points / 10_000) + plan.fixed
    if plan.cap is not None:
        fee = min(fee, plan.cap)
    return Money(fee, amount.currency)
