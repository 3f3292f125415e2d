"""Noise on quantum channels, the same for the same seed."""

import math
import os
import random


def sample(level: float, count: int, seed: int) -> list[float]:
    """Draws `count` values of that level."""
    source = random.Random(seed)
    return [source.gauss(0, level) for _ in range(count)]


class Channel:
    """What a qubit goes through."""

    def __init__(self, level: float, seed: int = 0) -> None:
        self.level = level
        self.seed = seed

    def apply(self, state: list[float]) -> list[float]:
        rest = 1 - self.level
        noise = sample(self.level, len(state), self.seed)
        return [a + b for a, b in zip(state, noise)]

    def damp(self, state: list[float]) -> list[float]:
        l = self.level
        if not 0 <= l <= 1:
            raise ValueError(
                f"a level of {l} is none: it goes from 0 to 1"
            )
        return [(1 - l) * a for a in state]

    def fidelity(self) -> float:
        return math.exp(-self.level)

    def seeds(self, count: int) -> list[int]:
        first = self.seed * count
        return list(range(first, first + count))
