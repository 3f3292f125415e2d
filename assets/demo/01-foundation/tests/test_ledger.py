import pytest

from core.ledger import Book, Unbalanced
from core.money import Money


def test_balance_is_the_sum_of_postings():
    book = Book()
    book.post("sale-1", [("shop", Money(-900)), ("card", Money(900))])
    book.post("fee-1", [("card", Money(-20)), ("fees", Money(20))])
    assert book.balance("card") == Money(880)


def test_refuses_an_unbalanced_posting():
    with pytest.raises(Unbalanced, match="sale-2 is off by 0.01 EUR"):
        Book().post("sale-2", [("shop", Money(-9)), ("card", Money(10))])
