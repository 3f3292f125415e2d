import pytest

from core.money import CurrencyMismatch, Money


def test_adds_and_subtracts_exactly():
    assert Money(1999) + Money(1) == Money(2000)
    assert Money(5) - Money(7) == Money(-2)


def test_refuses_to_mix_currencies():
    with pytest.raises(CurrencyMismatch, match="EUR is not SEK"):
        Money(1) + Money(1, "SEK")


@pytest.mark.parametrize(
    ("minor", "text"),
    [(0, "0.00 EUR"), (5, "0.05 EUR"), (-1250, "-12.50 EUR")],
)
def test_reads_as_people_write_it(minor, text):
    assert str(Money(minor)) == text


def test_orders_amounts():
    assert sorted([Money(3), Money(-1), Money(2)])[0] == Money(-1)
    assert -Money(3) < Money(0)
