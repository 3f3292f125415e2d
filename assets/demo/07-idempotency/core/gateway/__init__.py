"""The way to the card networks."""
