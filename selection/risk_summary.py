"""What the list of programmes shows: each with what runs, its last result, and the results before (spec H1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clinics.models import Clinic
from selection.risk_models import RiskAnalysis, RunState
from selection.risk_reading import offered
from selection.risk_rules import Programme

EARLIER = 5  # results before the last one


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a programme stands at the clinic."""

    programme: Programme
    is_in_season: bool
    running: RiskAnalysis | None
    has_broken: bool  # the newest attempt did
    last: RiskAnalysis | None
    earlier: list[RiskAnalysis]
    groups: list[tuple[str, int]]  # of the last result: name and number of persons

    @property
    def certain(self) -> int:
        """Persons of the last result with a sure diagnosis, medicine, value or age."""
        return self.figure("weight_certain")

    def figure(self, name: str) -> int:
        """Return a figure of the last result."""
        return int(self.last.counts.get(name, 0)) if self.last else 0


def programmes(clinic: Clinic, day: date) -> list[Standing]:
    """Return every programme that is shipped, by name; one query each."""
    return [standing(clinic, one, day) for one in offered(day)]


def standing(clinic: Clinic, programme: Programme, day: date) -> Standing:
    """Return where one programme stands."""
    rows = RiskAnalysis.objects.of(clinic).filter(programme=programme.key).select_related("asked_by")
    found = list(rows.defer("definition").order_by("-asked_at", "-pk")[: EARLIER * 2])
    results = [one for one in found if one.state == RunState.DONE]
    counts = results[0].counts["groups"] if results else {}
    return Standing(
        programme=programme,
        is_in_season=programme.is_in_season(day),
        running=next((one for one in found if one.is_running), None),
        has_broken=bool(found) and found[0].state == RunState.BROKEN,
        last=results[0] if results else None,
        earlier=results[1 : 1 + EARLIER],
        groups=[(group.name, counts[group.key]) for group in programme.groups if group.key in counts],
    )
