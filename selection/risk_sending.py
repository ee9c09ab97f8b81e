"""From the patient overview to the composer: who comes along, frozen once (spec H3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet

from clinics.models import User
from patients.models import Patient
from selection import false_positives, freezing, risk_people
from selection.going_on import Marked
from selection.models import Origin, Selection
from selection.risk_models import RiskAnalysis, RiskPerson
from selection.risk_rules import Programme


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for when «Send varsel» was pressed."""

    analysis: RiskAnalysis
    programme: Programme
    asked: Mapping[str, str]
    chosen: Marked  # these, or everyone in the filter but these
    vaccinated: bool  # whether they come along
    notified: bool

    @property
    def name(self) -> str:
        """What the composer calls the selection: programme, season and filter, never a patient."""
        words = [
            str(one.choices[self.asked[one.name]][0])
            for one in risk_people.filters_of(self.programme)
            if one.name in self.asked
        ]
        return ": ".join([f"{self.programme.name} {self.programme.season}", ", ".join(words)]).removesuffix(": ")[:120]

    @property
    def patients(self) -> QuerySet[Patient]:
        """Who comes along now."""
        people = risk_people.narrowed(self.analysis, self.programme, self.asked)
        named = Q(patient__in=self.chosen.ids)
        people = people.exclude(named) if self.chosen.is_all else people.filter(named)
        return risk_people.to_send(
            self.analysis, self.programme, people, vaccinated=self.vaccinated, notified=self.notified
        )


@transaction.atomic
def freeze(order: Order, *, by: User) -> Selection | None:
    """Freeze who comes along; a second press gives the selection of the first, and nobody gives None."""
    RiskAnalysis.objects.select_for_update().get(pk=order.analysis.pk)  # the second press waits for the first
    if not order.patients.exists():
        return None
    return freezing.freeze_once(
        order.patients,
        clinic=order.analysis.clinic,
        origin=Origin.RISK,
        origin_id=order.analysis.pk,
        name=order.name,
        by=by,
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """How many the filter keeps that would stay behind, and how many can be marked."""

    markable: int
    marked: int
    vaccinated: int
    notified: int


def figures(analysis: RiskAnalysis, programme: Programme, people: QuerySet[RiskPerson]) -> Figures:
    """Count who stays behind, and why; marked people are counted once, as marked."""
    marked = people.filter(patient__in=false_positives.standing(analysis).values("patient"))
    others = people.exclude(risk_people.marks(analysis))
    told = risk_people.told(analysis, programme)
    return Figures(
        others.count(), marked.count(), others.filter(Q(done_on__isnull=False)).count(), others.filter(told).count()
    )
