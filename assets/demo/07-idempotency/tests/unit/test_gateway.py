from unittest import mock

import pytest

from candidate.idempotency import Conflict
from core.gateway.client import Client
from core.money import Money


def test_charges_once_per_key():
    send = mock.Mock(return_value="ref-1")
    client = Client(send)
    assert client.charge("k", "4711", Money(100)) == "ref-1"
    assert client.charge("k", "4711", Money(100)) == "ref-1"
    send.assert_called_once_with("4711", Money(100))


def test_a_key_is_good_for_one_amount():
    client = Client(mock.Mock(return_value="ref-1"))
    client.charge("k", "4711", Money(100))
    with pytest.raises(Conflict):
        client.charge("k", "4711", Money(200))
