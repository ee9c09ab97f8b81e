"""What an import is asked to do, and what it is working with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from clinics.models import Clinic, Practitioner, User
from integrations.ledger import Ledger
from integrations.report import Report

BATCH = 500  # rows written in one transaction


def silent(stage: str, done: int, total: int) -> None:
    """Tell nobody about the progress."""


@dataclass
class Order:
    """One import to one clinic. `now` is aware; `type_map` is name or code in the file → name of an appointment type.

    `consent_collected` is the manager's logged statement that consent was given in the old system (spec B3); it needs
    `by`. `practitioner` takes the appointments that name none.
    """

    clinic: Clinic
    now: datetime
    by: User | None = None
    consent_collected: bool = False
    dry_run: bool = False
    type_map: dict[str, str] = field(default_factory=dict)
    practitioner: Practitioner | None = None
    report: Report = field(default_factory=Report)
    ledger: Ledger = field(default_factory=Ledger)
    progress: Callable[[str, int, int], None] = silent

    def __post_init__(self) -> None:
        if self.consent_collected and self.by is None:
            raise ValueError("consent for a whole import is someone's choice")
