"""Account numbers, checked before money is sent to them."""

from __future__ import annotations

LENGTHS = {"DE": 22, "FI": 18, "NO": 15, "PT": 25, "SE": 24}


def normalize(text: str) -> str:
    """An account number as machines write it."""
    return "".join(text.split()).upper()


def is_valid(text: str) -> bool:
    """Whether length and check digits are right (ISO 13616)."""
    iban = normalize(text)
    if not iban.isalnum() or LENGTHS.get(iban[:2]) != len(iban):
        return False
    digits = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
    return int(digits) % 97 == 1
