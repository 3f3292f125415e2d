"""A customer's bank asks for the money back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum

from candidate.refunds.policy import Refused
from core.money import Money

TIME_TO_ANSWER = timedelta(days=10)


class Outcome(Enum):
    """How a dispute ends."""

    WON = "won"
    LOST = "lost"
    EXPIRED = "expired"


@dataclass
class Dispute:
    """One dispute, from the bank's letter to its end."""

    amount: Money
    opened: date
    evidence: list[str] = field(default_factory=list)
    outcome: Outcome | None = None

    @property
    def due(self) -> date:
        """The last day on which we may answer."""
        return self.opened + TIME_TO_ANSWER

    def answer(self, document: str, today: date) -> None:
        """Hand in a document."""
        if self.outcome is not None:
            raise Refused(f"the dispute is over: {self.outcome.value}")
        if today > self.due:
            self.outcome = Outcome.EXPIRED
            raise Refused(f"the answer was due on {self.due}")
        self.evidence.append(document)

    def decide(self, in_our_favour: bool) -> Money:
        """The bank's word; what it costs us."""
        if self.outcome is not None:
            raise Refused(f"the dispute is over: {self.outcome.value}")
        if in_our_favour and self.evidence:
            self.outcome = Outcome.WON
            return Money(0, self.amount.currency)
        self.outcome = Outcome.LOST
        return self.amount
