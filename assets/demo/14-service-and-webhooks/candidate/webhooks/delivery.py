"""Delivers a message, and says whether to try again."""

from __future__ import annotations

import json
from candidate.webhooks.signature import sign
from candidate.idempotency import new_key
from collections.abc import Callable, Mapping
import enum

Post = Callable[[bytes, Mapping[str, str]], int]

class Delivery(enum.Enum):
    """What became of one attempt."""
    TAKEN = 'taken'
    LATER = 'later'
    REFUSED = 'refused'

def deliver(event: Mapping[str, object], secret: bytes, at: int, post: Post)->Delivery:
    """Post one event, and read the shop's answer."""
    body = json.dumps( event, sort_keys = True ).encode()
    headers = {'Millrace-Signature': sign(secret, body, at),
        'Millrace-Delivery': new_key()}
    status = post( body, headers )
    if 200 <= status < 300:
        return Delivery.TAKEN
    return Delivery.LATER if status >= 500 or status == 429 else Delivery.REFUSED
