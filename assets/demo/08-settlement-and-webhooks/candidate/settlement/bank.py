"""The bank, as far as we can see it: takes a batch, clears it later."""

from __future__ import annotations

import time

from candidate.settlement.batch import Batch


class Rejected(RuntimeError):
    """The bank did not take a batch."""


class Bank:
    """A bank that clears each batch after so many seconds."""

    def __init__(self, clearing_time: float) -> None:
        self.clearing_time = clearing_time
        self._cleared_at: dict[int, float] = {}

    def send(self, batch: Batch) -> None:
        """Hand a batch over."""
        if batch.number in self._cleared_at:
            raise Rejected(f"batch {batch.number} was sent before")
        self._cleared_at[batch.number] = time.monotonic() + self.clearing_time

    def cleared(self, batch: Batch) -> bool:
        """Whether the money has arrived."""
        return time.monotonic() >= self._cleared_at[batch.number]
