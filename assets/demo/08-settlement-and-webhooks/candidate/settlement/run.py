"""One settlement run, from the list of payouts to the last cleared batch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from candidate.settlement.bank import Bank
from candidate.settlement.batch import Payout, batches
from core.money import Money


def settle(
    payouts: Iterable[Payout],
    bank: Bank,
    *,
    poll: float = 0.05,
    patience: float = 5.0,
    report: Callable[[str], None] = print,
) -> Money:
    """Send everything, wait for each batch to clear, and say what was paid."""
    paid = Money(0)
    for batch in batches(payouts):
        report(f"batch {batch.number}: {len(batch.payouts)} payouts, {batch.total}")
        bank.send(batch)
        deadline = time.monotonic() + patience
        while not bank.cleared(batch):
            if time.monotonic() >= deadline:
                raise TimeoutError(f"batch {batch.number} did not clear")
            report(f"batch {batch.number}: clearing")
            time.sleep(poll)
        report(f"batch {batch.number}: cleared")
        paid += batch.total
    return paid
