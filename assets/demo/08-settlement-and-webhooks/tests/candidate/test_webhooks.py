import pytest

from candidate.webhooks.delivery import deliver
from candidate.webhooks.signature import sign, verify

SECRET = b"not a real one"


def test_a_fresh_signature_holds():
    assert verify(SECRET, b"{}", sign(SECRET, b"{}", at=1_000), now=1_200)


@pytest.mark.parametrize("header", ["", "t=soon,v1=00", "t=1000,v1=00"])
def test_anything_else_does_not(header):
    assert not verify(SECRET, b"{}", header, now=1_000)


def test_an_old_signature_does_not_hold():
    assert not verify(SECRET, b"{}", sign(SECRET, b"{}", at=1_000), now=1_301)


@pytest.mark.parametrize(("status", "taken"), [(200, True), (204, True), (500, False)])
def test_only_a_2xx_counts_as_taken(status, taken):
    assert deliver({"paid": 1}, SECRET, 1_000, lambda body, headers: status) is taken
