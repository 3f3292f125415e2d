"""A double-entry book: every posting balances or is refused."""

from core.ledger.book import Book, Posting, Unbalanced

__all__ = ["Book", "Posting", "Unbalanced"]
