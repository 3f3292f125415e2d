"""Money back to the customer."""

from candidate.refunds.dispute import Dispute, Outcome
from candidate.refunds.policy import Refused, refundable

__all__ = ["Dispute", "Outcome", "Refused", "refundable"]
