"""Parts that a deployment may replace, found by name."""

from __future__ import annotations

import importlib
from types import ModuleType

DEFAULTS = {
    "ledger": "core.ledger",
    "idempotency": "candidate.idempotency.store",
}


def load(part: str, overrides: dict[str, str] | None = None) -> ModuleType:
    """The module that plays a part."""
    return importlib.import_module({**DEFAULTS, **(overrides or {})}[part])


def sweep_expired() -> type[object]:
    """The class whose instances the nightly job sweeps."""
    store: type[object] = importlib.import_module("candidate.idempotency.store").Store
    return store
