"""One breath through the product: sell, book, print."""

from core.gateway.client import Client
from core.ledger import Book
from core.money import Money
from lukhas.checkout.till import Till
from lukhas.receipts import render


def test_a_sale_reaches_the_book_and_the_printer():
    price = Money(450)
    reference = Till(Client(lambda card, amount: f"{card}-1")).pay("4711", price)
    book = Book()
    book.post(str(reference), [("shop", -price), ("card", price)])
    assert str(book.balance("card")) in render("Kiosk", [("Tea", price)])
