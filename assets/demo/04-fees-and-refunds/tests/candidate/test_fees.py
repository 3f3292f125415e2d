import pytest

from candidate.fees import Plan, fee_for
from candidate.fees.calculator import STARTER, VOLUME
from core.money import Money


@pytest.mark.parametrize(
    ("minor", "fee"),
    [(0, 10), (1_000, 35), (19_900, 508)],
)
def test_starter_pays_a_share_and_a_fixed_part(minor, fee):
    assert fee_for(Money(minor), STARTER) == Money(fee)


def test_volume_pays_no_fixed_part():
    assert fee_for(Money(10_000), VOLUME) == Money(120)


@pytest.mark.parametrize(
    ("minor", "fee"),
    [(19, 0), (20, 1), (60, 2), (100, 3), (101, 3)],
)
def test_half_a_cent_rounds_up(minor, fee):
    assert fee_for(Money(minor), Plan("plain", basis_points=250)) == Money(fee)


def test_keeps_the_currency():
    assert fee_for(Money(1_000, "SEK"), VOLUME).currency == "SEK"
