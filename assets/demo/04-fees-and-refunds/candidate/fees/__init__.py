"""What a shop pays for a sale."""

from candidate.fees.calculator import Plan, fee_for

__all__ = ["Plan", "fee_for"]
