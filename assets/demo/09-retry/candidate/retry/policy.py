"""How often to try again, and how long to wait in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Policy:
    """Waits grow by a factor, up to a longest one; times are in seconds."""

    attempts: int = 4
    first: float = 0.1
    factor: float = 2.0
    longest: float = 5.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError("a policy needs at least one attempt")
        if self.first < 0 or self.factor < 1:
            raise ValueError("waits must not shrink")

    def waits(self) -> Iterator[float]:
        """The wait before each attempt after the first."""
        wait = self.first
        for _ in range(self.attempts - 1):
            yield min(wait, self.longest)
            wait *= self.factor
