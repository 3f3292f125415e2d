"""Tries again, more and more patiently, and knows when to stop."""

from candidate.retry.call import GaveUp, call
from candidate.retry.policy import Policy

__all__ = ["GaveUp", "Policy", "call"]
