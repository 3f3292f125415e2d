"""Rules a person can read, and switch off."""

from candidate.risk.rules.engine import Payment, Rule, verdict

__all__ = ["Payment", "Rule", "verdict"]
