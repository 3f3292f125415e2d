"""One breath through the product: sell, book, print."""

from core.ledger import Book
from core.money import Money
from lukhas.receipts import render


def test_a_sale_reaches_the_book_and_the_printer():
    book = Book()
    book.post("sale-1", [("shop", Money(-450)), ("card", Money(450))])
    assert str(book.balance("card")) in render("Kiosk", [("Tea", Money(450))])
