"""Which channels are possible for a patient now, and why the others are not (spec B5, C2, C3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from notifications import rules
from notifications.decision import Seen
from notifications.kinds import MODULE_OF, Channel, Kind, Reason
from patients import receiving
from patients.models import Consent, Patient, PushSubscription

if TYPE_CHECKING:
    from clinics.models import Clinic


@dataclass(frozen=True, slots=True)
class Reach:
    """The possible channels, and a reason for each that is not."""

    possible: frozenset[Channel]
    problems: dict[Channel, Reason] = field(default_factory=dict)


def push_persons(patients: Iterable[Patient], now: datetime) -> dict[int, int]:
    """Return whose subscriptions push goes to, by patient: a proxy's where notices go to one. One query.

    Asked before anything else of a batch: who has ceased to act for a patient is taken off the patient in memory.
    """
    batch = list(patients)
    persons = {patient.pk: patient.person_id for patient in batch if patient.person_id}
    return persons | {pk: person.pk for pk, person in receiving.receivers(batch, now).items()}


def with_push(patients: Iterable[Patient], now: datetime) -> set[int]:
    """Return the patients that push can reach, by pk, in two queries; see push_persons."""
    persons = push_persons(patients, now)
    if not persons:
        return set()
    found = PushSubscription.objects.filter(person__in=set(persons.values())).values_list("person_id", flat=True)
    reached = set(found)
    return {pk for pk, person in persons.items() if person in reached}


def reach(patient: Patient, clinic: Clinic, pushable: set[int]) -> Reach:
    """Judge every channel for one patient; `pushable` comes from with_push."""
    problems = {
        Channel.EMAIL: email_problem(patient),
        Channel.SMS: sms_problem(patient, clinic),
        Channel.PUSH: None if patient.pk in pushable else Reason.NO_PUSH,
    }
    possible = frozenset(channel for channel, problem in problems.items() if problem is None)
    return Reach(possible, {channel: problem for channel, problem in problems.items() if problem})


def see(kind: str, patient: Patient, clinic: Clinic, found: Reach, **rest: Any) -> Seen:
    """Return what a decision about the patient rests on now; `rest` is what the subject adds."""
    module, problems = MODULE_OF[kind], found.problems
    return Seen(
        kind=kind,
        module=not module or clinic.notifies(module),
        consent=patient.consent,
        preferred=patient.preferred_method,
        email=problems.get(Channel.EMAIL, ""),
        sms=problems.get(Channel.SMS, ""),
        push=problems.get(Channel.PUSH, ""),
        **rest,
    )


def see_now(kind: str, patient: Patient, **rest: Any) -> Seen:
    """Return what a decision about this one patient would rest on now: two queries."""
    found = reach(patient, patient.clinic, with_push([patient], timezone.now()))
    return see(kind, patient, patient.clinic, found, **rest)


def email_problem(patient: Patient) -> Reason | None:
    """Say why e-mail is not possible, if it is not."""
    if not patient.email:
        return Reason.NO_EMAIL
    return Reason.EMAIL_DEAD if patient.email_dead else None


def sms_problem(patient: Patient, clinic: Clinic) -> Reason | None:
    """Say why SMS is not possible, if it is not."""
    if not patient.mobile:
        return Reason.NO_MOBILE
    if patient.is_landline:
        return Reason.LANDLINE
    if patient.mobile_dead:
        return Reason.MOBILE_DEAD
    if not clinic.foreign_numbers and not patient.mobile.startswith("+47"):
        return Reason.FOREIGN_NUMBER
    return None


def consent_problem(patient: Patient) -> Reason | None:
    """Say why the patient may not be contacted, if so (spec B3)."""
    match patient.consent:
        case Consent.GIVEN:
            return None
        case Consent.WITHDRAWN:
            return Reason.CONSENT_WITHDRAWN
    return Reason.NO_CONSENT


@dataclass(frozen=True, slots=True)
class Step:
    """One line of «Slik varsles pasienten nå»."""

    number: int
    text: str
    problem: str = ""


def route_now(patient: Patient) -> list[Step]:
    """Say how a notice would reach the patient if it went out now, and what happens if that fails."""
    if problem := consent_problem(patient):
        return [Step(1, _("Ingen varsler"), str(problem.label))]
    found = reach(patient, patient.clinic, with_push([patient], timezone.now()))
    used = rules.channels(patient.preferred_method, Kind.APPOINTMENT_REMINDER, found.possible)
    if not used:
        return [Step(1, _("Pasientvarsel ikke mulig"), str(Reason.NO_CONTACT.label))]
    steps = [Step(1, joined(used))]
    for channel in used:
        other = rules.OTHER.get(channel)
        if other and other not in used:
            problem_words = found.problems.get(other)
            words = _("%(other)s hvis %(first)s feiler") % {"other": other.label, "first": in_sentence(channel)}
            steps.append(Step(2, words, str(problem_words.label) if problem_words else ""))
    return steps


def joined(used: Sequence[Channel]) -> str:
    """Name the channels in a sentence: «E-post og push i appen»."""
    names = [_("push i appen") if channel == Channel.PUSH else str(channel.label) for channel in used]
    return _(" og ").join(names).capitalize() if used[0] == Channel.PUSH else _(" og ").join(names)


def in_sentence(channel: Channel) -> str:
    """Name a channel in the middle of a sentence, in definite form."""
    return {Channel.EMAIL: _("e-posten"), Channel.SMS: _("SMS-en"), Channel.PUSH: _("push")}[channel]


def blocked(patient: Patient) -> str:
    """Return why staff are told *Pasientvarsel ikke mulig*, or nothing; push does not count (spec C2, D12, E3)."""
    if email_problem(patient) is None or sms_problem(patient, patient.clinic) is None:
        return ""
    if not patient.email and not patient.mobile:
        return _("Pasienten har verken mobilnummer eller e-post.")
    reasons = {problem for problem in (email_problem(patient), sms_problem(patient, patient.clinic)) if problem}
    return ". ".join(sorted(str(reason.label) for reason in reasons)) + "."


@dataclass(frozen=True, slots=True)
class Mark:
    """The warning that stands by a name: two or three words, and the reason."""

    word: str
    reason: str


def mark(patient: Patient) -> Mark | None:
    """Return the warning by the patient's name; missing consent comes first, because it stops everything (spec B3)."""
    if problem := consent_problem(patient):
        word = _("Samtykke trukket") if problem == Reason.CONSENT_WITHDRAWN else _("Samtykke mangler")
        return Mark(word, str(problem.label))
    reason = blocked(patient)
    return Mark(_("Kan ikke varsles"), reason) if reason else None
