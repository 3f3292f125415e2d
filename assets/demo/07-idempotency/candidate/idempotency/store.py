"""Remembers answers by key, for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

DAY = 24 * 60 * 60.0


class Conflict(ValueError):
    """A key came back with another request."""


@dataclass(frozen=True)
class _Answer:
    fingerprint: str
    value: object
    expires: float


class Store:
    """Answers by key. Not shared between processes."""

    def __init__(self, lifetime: float = DAY) -> None:
        self.lifetime = lifetime
        self._answers: dict[str, _Answer] = {}

    def once(self, key: str, fingerprint: str, act: Callable[[], object]) -> object:
        """Act on the first request under a key; repeat the answer after that."""
        now = time.time()
        known = self._answers.get(key)
        if known is None or known.expires <= now:
            known = _Answer(fingerprint, act(), now + self.lifetime)
            self._answers[key] = known
        elif known.fingerprint != fingerprint:
            raise Conflict(f"key {key} was used for another request")
        return known.value

    def sweep(self) -> int:
        """Forget what has expired; says how much that was."""
        now = time.time()
        dead = [key for key, it in self._answers.items() if it.expires <= now]
        for key in dead:
            del self._answers[key]
        return len(dead)
