import pytest

from candidate.risk.scoring.velocity import Window, score


@pytest.mark.parametrize(
    ("payments", "points"), [(0, 0), (3, 0), (4, 30), (10, 70), (11, 100)]
)
def test_score_rises_in_steps(payments, points):
    assert score(payments) == points


def test_window_forgets():
    window = Window(span=60)
    for at in (0, 30, 59):
        window.add(at)
    assert window.count(now=59) == 3
    assert window.count(now=60) == 2


def test_time_does_not_run_backwards():
    window = Window(span=60)
    window.add(10)
    with pytest.raises(ValueError, match="9 is before 10"):
        window.add(9)
