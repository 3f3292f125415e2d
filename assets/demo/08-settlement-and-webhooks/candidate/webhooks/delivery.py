"""Delivers a message, and says whether to try again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from candidate.idempotency import new_key
from candidate.webhooks.signature import sign

Post = Callable[[bytes, Mapping[str, str]], int]


def deliver(event: Mapping[str, object], secret: bytes, at: int, post: Post) -> bool:
    """Post one event; true when the shop has taken it."""
    body = json.dumps(event, sort_keys=True).encode()
    headers = {
        "Millrace-Signature": sign(secret, body, at),
        "Millrace-Delivery": new_key(),
    }
    return 200 <= post(body, headers) < 300
