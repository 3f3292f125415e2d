"""The monthly letter to a shop."""
