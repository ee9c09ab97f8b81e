"""Stops the rest of a batch when the provider asks for rest, is gone, or does not know us."""

from __future__ import annotations

import time

from notifications.kinds import Reason
from notifications.providers.base import Outcome, Verdict

UNKNOWN_IN_A_ROW = 5  # then the provider is taken to be down: better late than unknown


class Brake:
    """Watches a batch; what it stops has certainly not been sent.

    `seconds` is how long the batch may start new calls: one started later could outlive the worker's lease.
    """

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self.unknown = 0
        self.stop: Outcome | None = None
        self.senders: dict[str, Outcome] = {}

    def stopped(self, sender: str) -> Outcome | None:
        """Return the outcome of a message that should not be tried now, or None."""
        if self.stop is None and time.monotonic() > self.until:
            self.stop = Outcome.later(Reason.PROVIDER_BUSY)
        return self.stop or self.senders.get(sender)

    def note(self, outcome: Outcome, sender: str, *, sender_is_wrong: bool = False, everything: bool = True) -> None:
        """Learn from an answer: `everything` means that it concerns the channel, not one message or sender."""
        self.unknown = self.unknown + 1 if outcome.verdict == Verdict.UNKNOWN else 0
        if self.unknown >= UNKNOWN_IN_A_ROW:
            self.stop = Outcome.later(Reason.PROVIDER_DOWN)
        elif sender_is_wrong:
            self.senders[sender] = outcome
        elif everything and outcome.verdict in {Verdict.LATER, Verdict.SETUP}:
            self.stop = outcome
