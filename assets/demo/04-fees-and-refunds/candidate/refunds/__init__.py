"""Money back to the customer."""

from candidate.refunds.policy import Refused, refundable

__all__ = ["Refused", "refundable"]
