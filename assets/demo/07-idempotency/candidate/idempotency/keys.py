"""Keys, and what tells one request from another."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping


def new_key() -> str:
    """A key nobody can guess."""
    return secrets.token_urlsafe(18)


def fingerprint(request: Mapping[str, object]) -> str:
    """A digest of a request that ignores the order of its fields."""
    canonical = json.dumps(request, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
