from datetime import date

import pytest

from candidate.schedule import (
    EUR,
    SEK,
    easter_sunday,
    is_business_day,
    next_business_day,
    payout_date,
)


@pytest.mark.parametrize(
    ("year", "month", "day"), [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5)]
)
def test_knows_easter(year, month, day):
    assert easter_sunday(year) == date(year, month, day)


@pytest.mark.parametrize(
    "day", [date(2026, 1, 6), date(2026, 5, 14), date(2026, 12, 24)]
)
def test_sweden_rests_when_the_euro_does_not(day):
    assert EUR.is_business_day(day)
    assert not SEK.is_business_day(day)


@pytest.mark.parametrize("calendar", [EUR, SEK])
def test_skips_the_long_easter_weekend(calendar):
    assert calendar.next_business_day(date(2026, 4, 2)) == date(2026, 4, 7)


def test_the_euro_is_what_is_meant_when_nothing_is_said():
    assert is_business_day(date(2026, 1, 6))
    assert next_business_day(date(2026, 1, 5)) == date(2026, 1, 6)


def test_pays_out_after_two_business_days_or_as_agreed():
    assert payout_date(date(2026, 9, 11)) == date(2026, 9, 15)
    assert payout_date(date(2026, 9, 11), delay=1) == date(2026, 9, 14)
