"""Experiments: may break, may vanish, never in a shop's way."""
