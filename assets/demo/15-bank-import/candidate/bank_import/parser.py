"""One line of a bank's file, one entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.money import Money


class Unreadable(ValueError):
    """A line makes no sense; the message quotes it."""


@dataclass(frozen=True)
class Entry:
    """Money that came in, and what the sender wrote beside it."""

    amount: Money
    text: str


def parse(lines: str) -> Iterator[Entry]:
    """The entries of a file, in order; empty lines are skipped."""
    for number, line in enumerate(lines.splitlines(), start=1):
        if not line.strip():
            continue
        minor, separator, text = line.partition(";")
        if not separator or not minor.lstrip("-").isdecimal():
            raise Unreadable(f"line {number}: {line!r}")
        yield Entry(Money(int(minor)), text)
