"""The same request twice is one payment.

A caller sends a key with each request; the answer to the first request under a
key is kept, and given again to every repetition for as long as the key lives.
"""

from candidate.idempotency.keys import fingerprint, new_key
from candidate.idempotency.store import Conflict, Store

__all__ = ["Conflict", "Store", "fingerprint", "new_key"]
