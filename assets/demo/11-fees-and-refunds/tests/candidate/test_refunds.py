from datetime import date

import pytest

from candidate.refunds import Dispute, Refused, refundable
from core.money import Money


def test_what_is_left_shrinks_with_each_refund():
    assert refundable(Money(900), [Money(200), Money(300)]) == Money(400)


def test_never_gives_back_more_than_was_paid():
    with pytest.raises(Refused, match="0.01 EUR more"):
        refundable(Money(900), [Money(901)])


def test_a_dispute_must_be_answered_within_ten_days():
    dispute = Dispute(Money(900), opened=date(2026, 10, 1))
    assert dispute.due == date(2026, 10, 11)
    dispute.answer("receipt", today=date(2026, 10, 11))
    assert dispute.evidence == ["receipt"]
