from unittest import mock

from core.gateway.client import Client
from core.money import Money
from lukhas.checkout.till import Till


def test_a_second_tap_pays_nothing_more():
    send = mock.Mock(return_value="ref-1")
    with mock.patch("candidate.idempotency.keys.secrets.token_urlsafe", lambda _: "k"):
        till = Till(Client(send))
    assert till.key == "k"
    assert till.pay("4711", Money(250)) == till.pay("4711", Money(250))
    assert send.call_count == 1
