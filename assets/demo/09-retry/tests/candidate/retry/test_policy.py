import pytest

from candidate.retry import Policy


def test_waits_grow_up_to_the_longest():
    assert list(Policy(attempts=5, first=1, longest=5).waits()) == [1, 2, 4, 5]


def test_one_attempt_means_no_wait():
    assert list(Policy(attempts=1).waits()) == []


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"first": -1}, {"factor": 0.5}])
def test_refuses_a_policy_without_sense(wrong):
    with pytest.raises(ValueError):
        Policy(**wrong)
