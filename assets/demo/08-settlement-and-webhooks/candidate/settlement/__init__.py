"""Sends the day's payouts to the bank and waits until they clear."""

from candidate.settlement.bank import Bank, Rejected
from candidate.settlement.batch import Batch, Payout, batches
from candidate.settlement.run import settle

__all__ = ["Bank", "Batch", "Payout", "Rejected", "batches", "settle"]
