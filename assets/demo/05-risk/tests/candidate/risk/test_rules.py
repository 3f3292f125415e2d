from candidate.risk.rules import Payment, verdict
from candidate.risk.rules.engine import above
from core.money import Money

PAYMENT = Payment(Money(50_000), card_country="PT", shop_country="SE")


def test_accepts_when_no_rule_objects():
    assert verdict(PAYMENT, []) == "accept"


def test_the_strictest_rule_wins():
    rules = [above(Money(10_000)), lambda _: "decline", lambda _: "accept"]
    assert verdict(PAYMENT, rules) == "decline"


def test_a_large_payment_is_reviewed():
    assert verdict(PAYMENT, [above(Money(49_999))]) == "review"
    assert verdict(PAYMENT, [above(Money(50_000))]) == "accept"
