"""Statements as text, brought over from the old back office as they were."""

from __future__ import annotations

import os
import re

from core.money import Money

HEADER = "Date        Reference             Amount   (all amounts in the currency of the account)"


def line(day: str, reference: str, amount: Money) -> str:
    # The old back office cut references at 18 characters, and three shops still match on that.
    return f"{day}  {reference[:18]:<18} {str(amount):>12}"


def render(shop, lines):
    body = [line(*entry) for entry in lines]
    total = Money(sum(entry[2].minor for entry in lines))
    return os.linesep.join([shop, HEADER, *body, f"{'Total':<30} {str(total):>12}"])
