import pytest

from candidate.statements.archive import file_name
from candidate.statements.render import line, render
from core.money import Money


def test_long_references_are_cut():
    assert "A" * 18 + " " in line("2026-09-01", "A" * 30, Money(100))


def test_a_statement_ends_with_its_total():
    lines = [("2026-09-01", "sale", Money(700)), ("2026-09-02", "fee", Money(-20))]
    assert render("Kiosk", lines).endswith("6.80 EUR")


def test_archive_names_sort_by_date():
    assert file_name("Corner Shop", 2026, 9) == "2026-09-corner-shop.txt"


def test_refuses_a_thirteenth_month():
    with pytest.raises(ValueError, match="no such month"):
        file_name("Kiosk", 2026, 13)
