"""Noise on quantum channels."""

import math
import random


def sample(level: float, count: int) -> list[float]:
    """Draws `count` values of that level."""
    values = [] 
    for _ in range(count):
        values.append(random.gauss(0, level))
    return values


class Channel:
    """What a qubit goes through."""

    def __init__(self, level: float) -> None:
        self.level = level

    def apply(self, state: list[float]) -> list[float]:
        rest = 1 - self.level
        noise = sample(self.level, len(state))
        return [a + b for a, b in zip(state, noise)]

    def fidelity(self) -> float:
        return math.exp(-self.level)
