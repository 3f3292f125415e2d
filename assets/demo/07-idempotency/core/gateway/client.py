"""Charges a card once, however often it is asked to."""

from __future__ import annotations

from collections.abc import Callable

from candidate.idempotency import Store, fingerprint
from core.money import Money

Send = Callable[[str, Money], str]


class Client:
    """Talks to one network through `send`."""

    def __init__(self, send: Send, store: Store | None = None) -> None:
        self._send = send
        self._store = store or Store()

    def charge(self, key: str, card: str, amount: Money) -> object:
        """The network's reference for this charge."""
        request = {"card": card, "minor": amount.minor, "currency": amount.currency}
        return self._store.once(
            key, fingerprint(request), lambda: self._send(card, amount)
        )
