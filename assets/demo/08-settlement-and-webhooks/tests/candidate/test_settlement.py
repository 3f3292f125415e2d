"""Slow on purpose: these wait for a bank that takes its time."""

import pytest

from candidate.settlement import Bank, Batch, Payout, Rejected, batches, settle
from core.money import Money


def payouts(count):
    return [Payout(f"shop-{n:03}", Money(100 + n)) for n in range(count)]


@pytest.mark.parametrize("count", [1, 50, 51, 100, 101, 150])
def test_every_shop_is_paid(count):
    lines = []
    bank = Bank(clearing_time=0.3)
    paid = settle(payouts(count), bank, poll=0.02, report=lines.append)
    print(*lines, sep="\n")
    assert paid == Money(sum(100 + n for n in range(count)))


@pytest.mark.parametrize("clearing_time", [0.2, 0.4, 0.6, 0.8])
def test_waits_for_a_slow_bank(clearing_time, capsys):
    settle(payouts(3), Bank(clearing_time))
    with capsys.disabled():
        print(f"\n  cleared after {clearing_time} s", end="")
    assert "batch 1: cleared" in capsys.readouterr().out


def test_gives_up_on_a_bank_that_never_clears():
    with pytest.raises(TimeoutError, match="batch 1 did not clear"):
        settle(payouts(1), Bank(clearing_time=60), patience=0.3)


def test_shops_that_are_owed_nothing_are_left_out():
    assert list(batches([Payout("shop", Money(0)), Payout("shop", Money(-5))])) == []


def test_a_batch_is_sent_once():
    bank = Bank(clearing_time=0)
    bank.send(Batch(1, ()))
    with pytest.raises(Rejected, match="batch 1 was sent before"):
        bank.send(Batch(1, ()))
