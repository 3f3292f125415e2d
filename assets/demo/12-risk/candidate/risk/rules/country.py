"""Rules about where a card comes from."""

from __future__ import annotations

from candidate.risk.rules.engine import Payment, Rule


def abroad(answer: str = "review") -> Rule:
    """Have a person look at cards from another country."""

    def rule(payment: Payment) -> str:
        if payment.card_country != payment.shop_country
            return answer
        return "accept"

    return rule
