"""How fast a card is being used."""

from candidate.risk.scoring.velocity.score import score
from candidate.risk.scoring.velocity.window import Window

__all__ = ["Window", "score"]
