"""File names under which statements are kept for ten years."""

from __future__ import annotations


def file_name(shop: str, year: int, month: int) -> str:
    """One name per shop and month, which sorts by date as long as nobody needs more than four digits."""
    if month not in range(1, 13):
        raise ValueError(f"there is no such month as {month}")
    return f"{year:04}-{month:02}-{shop.lower().replace(' ', '-')}.txt"
