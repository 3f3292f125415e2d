from decimal import Decimal

import pytest

from candidate.fx.quotes import UnknownRate, convert
from core.money import Money

RATES = {"EUR/SEK": Decimal("11.25"), "EUR/NOK": Decimal("11.50")}


def test_adds_the_margin():
    assert convert(Money(10_000), "SEK", RATES) == Money(114_188, "SEK")


def test_goes_by_way_of_the_euro():
    assert convert(Money(11_250, "SEK"), "NOK", RATES) == Money(11_673, "NOK")


def test_the_same_currency_costs_nothing():
    assert convert(Money(10_000), "EUR", RATES) == Money(10_000)


def test_says_which_rate_is_missing():
    with pytest.raises(UnknownRate, match="EUR/PLN"):
        convert(Money(1), "PLN", RATES)
