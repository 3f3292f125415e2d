import pytest

from candidate.webhooks.delivery import Delivery, deliver
from candidate.webhooks.signature import sign, verify

SECRET = b"not a real one"


def test_a_fresh_signature_holds():
    assert verify(SECRET, b"{}", sign(SECRET, b"{}", at=1_000), now=1_200)


@pytest.mark.parametrize("header", ["", "t=soon,v1=00", "t=1000,v1=00"])
def test_anything_else_does_not(header):
    assert not verify(SECRET, b"{}", header, now=1_000)


def test_an_old_signature_does_not_hold():
    assert not verify(SECRET, b"{}", sign(SECRET, b"{}", at=1_000), now=1_301)


@pytest.mark.parametrize(
    ("status", "delivery"),
    [
        (200, Delivery.TAKEN),
        (204, Delivery.TAKEN),
        (404, Delivery.REFUSED),
        (429, Delivery.LATER),
        (503, Delivery.LATER),
    ],
)
def test_the_answer_says_whether_to_try_again(status, delivery):
    assert deliver({"paid": 1}, SECRET, 1_000, lambda body, headers: status) is delivery
