from datetime import date

import pytest

from core.schedule import is_business_day, next_business_day, payout_date
from core.schedule.calendar import easter_sunday


@pytest.mark.parametrize(
    ("year", "month", "day"), [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5)]
)
def test_knows_easter(year, month, day):
    assert easter_sunday(year) == date(year, month, day)


@pytest.mark.parametrize(
    "day",
    [date(2026, 1, 1), date(2026, 4, 3), date(2026, 4, 6), date(2026, 9, 12)],
)
def test_money_rests_on_holidays_and_weekends(day):
    assert not is_business_day(day)


def test_skips_the_long_easter_weekend():
    assert next_business_day(date(2026, 4, 2)) == date(2026, 4, 7)


def test_pays_out_after_two_business_days():
    assert payout_date(date(2026, 9, 11)) == date(2026, 9, 15)
