"""Reads the files banks send us, whatever is in them."""

from candidate.bank_import.parser import Entry, Unreadable, parse

__all__ = ["Entry", "Unreadable", "parse"]
