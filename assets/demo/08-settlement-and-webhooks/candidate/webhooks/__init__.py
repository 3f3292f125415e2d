"""Tells a shop's own systems what happened."""
