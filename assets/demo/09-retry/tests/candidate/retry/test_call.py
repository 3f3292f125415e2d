from unittest import mock

import pytest

from candidate.retry import GaveUp, Policy, call


def test_the_first_success_is_the_answer():
    act = mock.Mock(side_effect=[TimeoutError, TimeoutError, "ok"])
    slept = []
    answer = call(act, Policy(first=1), sleep=slept.append, jitter=lambda: 1.0)
    assert (answer, slept) == ("ok", [1, 2])


def test_jitter_halves_a_wait_at_most():
    act = mock.Mock(side_effect=[TimeoutError, "ok"])
    slept = []
    call(act, Policy(first=1), sleep=slept.append, jitter=lambda: 0.0)
    assert slept == [0.5]


def test_gives_up_and_says_why():
    act = mock.Mock(side_effect=TimeoutError("slow"))
    with pytest.raises(GaveUp, match="after 3 attempts") as gave_up:
        call(act, Policy(attempts=3, first=0), sleep=lambda _: None)
    assert str(gave_up.value.__cause__) == "slow"


def test_other_failures_pass_through():
    act = mock.Mock(side_effect=KeyError("card"))
    with pytest.raises(KeyError):
        call(act, Policy(), on=TimeoutError, sleep=lambda _: None)
    act.assert_called_once_with()
