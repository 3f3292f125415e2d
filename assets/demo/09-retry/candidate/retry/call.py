"""Calls a function under a policy."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from candidate.retry.policy import Policy

T = TypeVar("T")
log = logging.getLogger(__name__)


class GaveUp(RuntimeError):
    """Every attempt failed; the last failure is the cause."""


def call(
    act: Callable[[], T],
    policy: Policy,
    *,
    on: type[Exception] | tuple[type[Exception], ...] = Exception,
    sleep: Callable[[float], object] = time.sleep,
    jitter: Callable[[], float] = random.random,
) -> T:
    """The result of the first attempt that succeeds.

    Only failures of the kinds in `on` are tried again. Each wait is spread
    between half of itself and all of it, so that callers don't come in step.
    """
    waits = policy.waits()
    while True:
        try:
            return act()
        except on as failure:
            wait = next(waits, None)
            if wait is None:
                raise GaveUp(f"gave up after {policy.attempts} attempts") from failure
            wait *= 0.5 + jitter() / 2
            log.info("failed, next attempt in %.2f s: %s", wait, failure)
            sleep(wait)
