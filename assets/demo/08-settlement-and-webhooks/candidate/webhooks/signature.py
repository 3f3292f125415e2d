"""Lets a shop check that a message is ours."""

from __future__ import annotations

import hashlib
import hmac


def sign(secret: bytes, body: bytes, at: int) -> str:
    """The value of the `Millrace-Signature` header."""
    digest = hmac.new(secret, b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def verify(secret: bytes, body: bytes, header: str, now: int, age: int = 300) -> bool:
    """Whether a header fits the body and is recent."""
    stamp = header.partition(",")[0].removeprefix("t=")
    if not stamp.isdigit() or abs(now - int(stamp)) > age:
        return False
    return hmac.compare_digest(sign(secret, body, int(stamp)), header)
