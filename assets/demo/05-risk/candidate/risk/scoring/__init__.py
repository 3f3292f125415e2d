"""Scores between 0 (calm) and 100 (stop and ask)."""
