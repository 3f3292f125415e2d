"""The payments of one card within the last so many seconds."""

from __future__ import annotations

from collections import deque


class Window:
    """Counts events; forgets those older than its span."""

    def __init__(self, span: float) -> None:
        self.span = span
        self._seen: deque[float] = deque()

    def add(self, at: float) -> None:
        """Note an event; time must not run backwards."""
        if self._seen and at < self._seen[-1]:
            raise ValueError(f"{at} is before {self._seen[-1]}")
        self._seen.append(at)

    def count(self, now: float) -> int:
        """How many events the span before `now` holds."""
        while self._seen and self._seen[0] <= now - self.span:
            self._seen.popleft()
        return len(self._seen)
