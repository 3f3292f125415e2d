from datetime import date

from core.money import Money
from lukhas.payouts import notice


def test_names_the_day_the_money_arrives():
    text = notice(Money(900), date(2026, 9, 11))
    assert text == "9.00 EUR will arrive on Tuesday, 15.09."


def test_says_when_banks_rest():
    assert notice(Money(900), date(2026, 9, 12)).endswith("as banks rest today")
