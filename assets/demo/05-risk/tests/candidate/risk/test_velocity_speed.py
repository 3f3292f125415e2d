"""A card is scored at every payment, while somebody waits at the counter."""

from candidate.risk.scoring.velocity import Window, score


def test_score_is_quick(benchmark):
    assert benchmark(score, 5) == 30


def test_window_is_quick(benchmark):
    def three_minutes():
        window = Window(span=60)
        for at in range(200):
            window.add(at)
        return window.count(now=200)

    assert benchmark(three_minutes) == 59
