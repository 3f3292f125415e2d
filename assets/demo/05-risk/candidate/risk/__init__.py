"""Telling a busy Saturday from a stolen card."""
