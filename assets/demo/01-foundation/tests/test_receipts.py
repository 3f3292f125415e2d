from core.money import Money
from lukhas.receipts import WIDTH, render


def test_receipt_adds_up_and_fits_the_paper():
    lines = [("Espresso", Money(250)), ("A very long label " * 3, Money(1))]
    text = render("Kiosk", lines)
    assert text.splitlines()[-1].endswith("2.51 EUR")
    assert max(map(len, text.splitlines())) <= WIDTH


def test_an_empty_receipt_is_free():
    assert "0.00 EUR" in render("Kiosk", [])
