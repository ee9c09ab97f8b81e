"""The patient overview: whom an analysis found, narrowed and with what each row shows (spec H2, H4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from patients.models import Consent, Patient, PortalAccount
from selection import communication, false_positives
from selection.communication import Communication
from selection.models import Origin, Selection
from selection.risk_models import Change, FalsePositive, RiskAnalysis, RiskEvidence, RiskPerson, Weight
from selection.risk_rules import Programme

YES, NO = "ja", "nei"
Asked = Callable[[RiskAnalysis, Programme], Q]


@dataclass(frozen=True, slots=True)
class Filter:
    """One choice in the head of the overview: its name in the address, its label, and what each value asks for."""

    name: str
    label: object
    choices: Mapping[str, tuple[object, Asked]]


def marks(analysis: RiskAnalysis, **asked: Any) -> Q:
    """Ask for people with a mark that holds."""
    return Q(Exists(false_positives.standing(analysis).filter(patient=OuterRef("patient"), **asked)))


def selections_of(analysis: RiskAnalysis, programme: Programme) -> QuerySet[Selection]:
    """Return what was frozen from the programme's analyses, as long ago as a vaccine would count."""
    since = programme.vaccinated_since(analysis.day)
    began = datetime(since.year, since.month, since.day, tzinfo=analysis.clinic.zone)
    analyses = RiskAnalysis.objects.of(analysis.clinic).filter(programme=analysis.programme)
    rows: QuerySet[Selection] = Selection.objects.of(analysis.clinic)
    return rows.filter(origin=Origin.RISK, origin_id__in=analyses.values("pk"), created_at__gte=began)


def told(analysis: RiskAnalysis, programme: Programme) -> Q:
    """Ask for people who were notified."""
    return Q(patient__in=communication.told(analysis.clinic, selections_of(analysis, programme)))


def reachable() -> Q:
    """Ask for people with consent and an e-mail address or mobile number that may work (spec B3, C3)."""
    email = ~Q(patient__email="") & Q(patient__email_dead="")
    sms = ~Q(patient__mobile="") & Q(patient__mobile_dead="", patient__is_landline=False)
    return Q(patient__consent=Consent.GIVEN) & (email | sms)


def is_weight(weight: Weight) -> Asked:
    """Return what asks for a weight."""
    return lambda analysis, programme: Q(weight=weight)


def is_change(change: Change) -> Asked:
    """Return what asks for a change."""
    return lambda analysis, programme: Q(change=change)


def in_group(key: str) -> Asked:
    """Return what asks for people in a risk group."""
    return lambda analysis, programme: Q(
        Exists(RiskEvidence.objects.filter(analysis=analysis, patient=OuterRef("patient"), group=key))
    )


def filters_of(programme: Programme) -> list[Filter]:
    """Return the choices of the overview."""
    groups = {group.key: (group.name, in_group(group.key)) for group in programme.groups}
    return [
        Filter("gruppe", _("Risikogruppe"), groups),
        Filter("vekt", _("Vekt"), {str(int(one)): (one.label, is_weight(one)) for one in Weight}),
        Filter(
            "endring",
            _("Endring siden sist"),
            {one.value: (one.label, is_change(one)) for one in (Change.NEW, Change.CHANGED, Change.KEPT)},
        ),
        Filter(
            "merket",
            _("Falsk positiv"),
            {
                NO: (_("Ikke falsk positiv"), lambda analysis, programme: ~marks(analysis)),
                YES: (_("Falsk positiv"), lambda analysis, programme: marks(analysis)),
                "igjen": (_("Tatt opp igjen"), lambda analysis, programme: marks(analysis, raised_at__isnull=False)),
            },
        ),
        Filter(
            "vaksinert",
            _("Vaksinert"),
            {
                NO: (_("Ikke vaksinert"), lambda analysis, programme: Q(done_on=None)),
                YES: (_("Alt vaksinert"), lambda analysis, programme: Q(done_on__isnull=False)),
            },
        ),
        Filter(
            "varslet",
            _("Pasientkommunikasjon"),
            {
                NO: (_("Ikke varslet"), lambda analysis, programme: ~told(analysis, programme)),
                YES: (_("Alt varslet"), told),
            },
        ),
        Filter(
            "nas",
            _("Kan varsles"),
            {
                YES: (_("Kan varsles"), lambda analysis, programme: reachable()),
                NO: (_("Kan ikke varsles"), lambda analysis, programme: ~reachable()),
            },
        ),
    ]


def asked_for(filters: Sequence[Filter], query: QueryDict) -> dict[str, str]:
    """Return what the address asks for; a word that is on no list asks for nothing."""
    given = {one.name: query.get(one.name, "") for one in filters}
    return {one.name: given[one.name] for one in filters if given[one.name] in one.choices}


def narrowed(analysis: RiskAnalysis, programme: Programme, asked: Mapping[str, str]) -> QuerySet[RiskPerson]:
    """Return the people the filters keep."""
    people = RiskPerson.objects.filter(analysis=analysis)
    for one in filters_of(programme):
        if one.name in asked:
            people = people.filter(one.choices[asked[one.name]][1](analysis, programme))
    return people


def to_send(
    analysis: RiskAnalysis, programme: Programme, people: QuerySet[RiskPerson], *, vaccinated: bool, notified: bool
) -> QuerySet[Patient]:
    """Return the patients who come along: never a false positive (H3), and the done only when asked for."""
    people = people.exclude(marks(analysis))
    if not vaccinated:
        people = people.filter(done_on=None)
    if not notified:
        now = communication.addressed(analysis.clinic, selections_of(analysis, programme))
        people = people.exclude(told(analysis, programme)).exclude(patient__in=now)
    patients: QuerySet[Patient] = Patient.objects.of(analysis.clinic)
    return patients.filter(pk__in=people.values("patient"))


@dataclass(slots=True)
class Row:
    """One person of the overview."""

    person: RiskPerson
    groups: list[str] = field(default_factory=list)
    evidence: list[RiskEvidence] = field(default_factory=list)
    mark: FalsePositive | None = None
    communication: Communication | None = None

    @property
    def patient(self) -> Patient:
        """The card."""
        return self.person.patient


def rows_of(analysis: RiskAnalysis, programme: Programme, people: Sequence[RiskPerson]) -> list[Row]:
    """Return what each row shows, strongest evidence first; three queries and what the source asks, for any number."""
    ids = [person.patient_id for person in people]
    names = {group.key: group.name for group in programme.groups}
    rows = {person.patient_id: Row(person) for person in people}
    for one in RiskEvidence.objects.filter(analysis=analysis, patient__in=ids).order_by("weight", "-on", "key"):
        row = rows[one.patient_id]
        row.evidence.append(one)
        name = names.get(one.group, one.group)
        if name not in row.groups:
            row.groups.append(name)
    for mark in false_positives.standing(analysis).filter(patient__in=ids).select_related("by"):
        rows[mark.patient_id].mark = mark
    sent = communication.about(analysis.clinic, selections_of(analysis, programme), ids)
    for pk, row in rows.items():
        row.communication = sent.get(pk)
        row.patient.clinic = analysis.clinic  # the warning by the name asks what the clinic sends
    return list(rows.values())


def shown(people: QuerySet[RiskPerson]) -> QuerySet[RiskPerson]:
    """Add the card with its green icon (spec B4) and GP, by name."""
    accounts = PortalAccount.objects.filter(person__cards=OuterRef("patient"))
    rows = people.select_related("patient__general_practitioner").annotate(is_active_user=Exists(accounts))
    return rows.order_by("patient__search_name", "patient_id")


def beyond(people: QuerySet[RiskPerson], after: str) -> QuerySet[RiskPerson]:
    """Keep who comes after that person by name; an id that is none of them keeps everyone. No name in the address."""
    last = people.filter(patient=int(after)).first() if after.isdecimal() and len(after) < 19 else None
    if last is None:
        return people
    name = last.patient.search_name
    later = Q(patient__search_name__gt=name) | Q(patient__search_name=name, patient_id__gt=last.patient_id)
    return people.filter(later, patient__search_name__gte=name)
