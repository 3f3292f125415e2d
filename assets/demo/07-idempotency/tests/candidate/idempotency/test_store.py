from unittest import mock

import pytest

from candidate.idempotency import Conflict, Store

CLOCK = "candidate.idempotency.store.time.time"


def test_acts_once_per_key():
    act = mock.Mock(return_value="ok")
    store = Store()
    assert store.once("k", "f", act) == store.once("k", "f", act) == "ok"
    act.assert_called_once_with()


def test_refuses_another_request_under_the_same_key():
    store = Store()
    store.once("k", "f", lambda: 1)
    with pytest.raises(Conflict, match="key k"):
        store.once("k", "g", lambda: 2)


def test_forgets_after_its_lifetime():
    store = Store(lifetime=60)
    with mock.patch(CLOCK, return_value=0):
        store.once("k", "f", lambda: "first")
    with mock.patch("candidate.idempotency.store.time.time", return_value=60):
        assert store.once("k", "g", lambda: "second") == "second"


def test_sweeps_what_has_expired():
    store = Store(lifetime=60)
    with mock.patch(CLOCK, return_value=0):
        store.once("old", "f", lambda: 1)
    with mock.patch(CLOCK, return_value=59):
        store.once("new", "f", lambda: 1)
    with mock.patch(CLOCK, return_value=61):
        assert store.sweep() == 1
        assert store.sweep() == 0
