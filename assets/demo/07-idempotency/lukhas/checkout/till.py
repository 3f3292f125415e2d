"""Takes one payment from one customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import candidate.idempotency.keys as idempotency_keys
from core.gateway.client import Client
from core.money import Money

if TYPE_CHECKING:
    from candidate.idempotency.store import Conflict as Conflict


class Till:
    """Holds the key of the payment, so that a second tap is harmless."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.key = idempotency_keys.new_key()

    def pay(self, card: str, amount: Money) -> object:
        """Pay; tapping again pays nothing more."""
        return self._client.charge(self.key, card, amount)
