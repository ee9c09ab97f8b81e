"""Make, open, reopen and void billing cards: the ways people change them before they are paid (spec F1, F5)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from clinics import audit
from clinics.models import AuditAction, Clinic, Practitioner, User
from economy import series
from economy.kinds import Source, State
from economy.models import BillingCard, Line
from economy.tariff import Tariff
from notifications.messages import one_line
from patients.models import Patient


class Conflict(Exception):
    """Someone else changed the card meanwhile; `current` is the card as it is now."""

    def __init__(self, current: BillingCard) -> None:
        super().__init__(_("Regningskortet er endret av en annen i mellomtiden. Se over det, og prøv igjen."))
        self.current = current


class AlreadyUsed(Exception):
    """The form has made a card of another patient before."""

    def __init__(self) -> None:
        super().__init__(_("Skjemaet er brukt til et annet regningskort. Se over feltene, og lagre på nytt."))


def create_draft(
    *,
    clinic: Clinic,
    patient: Patient,
    practitioner: Practitioner,
    service_date: date,
    by: User | None,
    exemption: str = "",
    source: Source = Source.OWN,
    request_key: UUID | None = None,
    now: datetime | None = None,
) -> BillingCard:
    """Make an empty draft; the same `request_key` twice gives the same card. Raises AlreadyUsed, ValidationError."""
    now = now or timezone.now()
    check_parts(clinic, patient, practitioner)
    check_date(clinic, service_date, now)
    try:
        with transaction.atomic():
            if made := made_for(patient, request_key):
                return made
            card = BillingCard(
                clinic=clinic,
                number=series.next_number(clinic, "cards"),
                patient=patient,
                practitioner=practitioner,
                service_date=service_date,
                exemption=exemption,
                source=source,
                request_key=request_key,
                created_by=by,
                created_at=now,
            )
            card.save(force_insert=True)
            log(card, by=by, what="created")
            return card
    except IntegrityError:  # the other half of a double submit was first, and has committed
        if made := made_for(patient, request_key):
            return made
        raise


def made_for(patient: Patient, request_key: UUID | None) -> BillingCard | None:
    """Return the patient's card that this form has made already. Raises AlreadyUsed when it is another patient's."""
    made = made_by(patient.clinic, request_key)
    if made and made.patient_id != patient.pk:
        raise AlreadyUsed
    return made


def made_by(clinic: Clinic, request_key: UUID | None) -> BillingCard | None:
    """Return the card that this form has made already."""
    if request_key is None:
        return None
    found: BillingCard | None = BillingCard.objects.of(clinic).filter(request_key=request_key).first()
    return found


@transaction.atomic
def change_details(
    card: BillingCard,
    *,
    version: int,
    practitioner: Practitioner,
    service_date: date,
    exemption: str,
    by: User,
    now: datetime | None = None,
) -> BillingCard:
    """Change a draft's practitioner, day or exemption; its taksts follow the day's tariff.

    Raises Conflict, ValidationError.
    """
    current = locked(card, version)
    refuse_unless_draft(current)
    check_parts(current.clinic, current.patient, practitioner)
    check_date(current.clinic, service_date, now or timezone.now())
    moved = service_date != current.service_date
    current.practitioner, current.service_date, current.exemption = practitioner, service_date, exemption
    for line in current.standing_lines:
        if moved and line.code:
            take_tariff(line, tariff_of(line.code, service_date, field="service_date"))
        share(line, exempt=bool(exemption))
        line.save()
    touched(current, by=by, what="details", also=("practitioner", "service_date", "exemption"))
    return current


@transaction.atomic
def open_card(card: BillingCard, *, version: int, by: User) -> BillingCard:
    """Make a draft ready for payment; its lines stand from now on (spec F1). Raises Conflict, ValidationError."""
    current = locked(card, version)
    refuse_unless_draft(current)
    if not current.standing_lines.exists():
        raise ValidationError(_("Regningskortet har ingen linjer. Legg til minst én takst først."))
    current.lines.exclude(removed_at=None).delete()
    current.state = State.OPEN
    touched(current, by=by, what="opened", also=("state",))
    return current


@transaction.atomic
def reopen(card: BillingCard, *, version: int, by: User) -> BillingCard:
    """Make an unpaid card a draft again, to change it. Raises Conflict, ValidationError."""
    current = locked(card, version)
    if current.state != State.OPEN:
        raise ValidationError(_("Bare ubetalte regningskort kan gjøres om til kladd."))
    current.state = State.DRAFT
    touched(current, by=by, what="reopened", also=("state",))
    return current


@transaction.atomic
def void(card: BillingCard, *, version: int, reason: str, by: User, now: datetime | None = None) -> BillingCard:
    """Make a draft or unpaid card void, for good; a paid one is credited instead (spec F5).

    Raises Conflict, ValidationError.
    """
    current = locked(card, version)
    if current.state == State.PAID:
        raise ValidationError(_("Kortet er betalt og kan ikke annulleres. Krediter det i stedet."))
    if current.state == State.VOID:
        raise ValidationError(_("Kortet er alt annullert."))
    if not one_line(reason):
        raise ValidationError({"reason": _("Skriv hvorfor kortet annulleres.")})
    if current.is_draft:
        current.lines.exclude(removed_at=None).delete()
    current.state, current.reason = State.VOID, one_line(reason)
    current.settled_at, current.settled_by = now or timezone.now(), by
    touched(current, by=by, what="voided", also=("state", "reason", "settled_at", "settled_by"))
    return current


def locked(card: BillingCard, version: int | None) -> BillingCard:
    """Lock the card and return it fresh. Raises Conflict when it is not the version that was looked at."""
    rows = BillingCard.objects.select_for_update(of=("self",)).select_related("clinic", "patient", "settled_by")
    row: BillingCard = rows.get(pk=card.pk)
    if version is not None:
        check_version(row, version)
    return row


def check_version(card: BillingCard, version: int) -> None:
    """Raise Conflict when the card is not the version that was looked at."""
    if card.version != version:
        raise Conflict(card)


def touched(card: BillingCard, *, by: User | None, what: str, also: tuple[str, ...] = ()) -> None:
    """Write the card with its lines' sums and its next version, and log what was done."""
    sums = card.standing_lines.aggregate(
        fee=Sum(F("quantity") * F("fee_ore"), default=0),
        refund=Sum(F("quantity") * F("refund_ore"), default=0),
        patient=Sum(F("quantity") * F("patient_ore"), default=0),
    )
    card.fee_ore, card.refund_ore, card.patient_ore = sums["fee"], sums["refund"], sums["patient"]
    card.version += 1
    card.save(update_fields=["fee_ore", "refund_ore", "patient_ore", "version", *also])
    log(card, by=by, what=what)


def take_tariff(line: Line, tariff: Tariff) -> None:
    """Copy what the takst costs on its day into the line."""
    line.code, line.text, line.tariff_from = tariff.code, tariff.text, tariff.valid_from
    line.fee_ore, line.share_ore = tariff.fee_ore, tariff.patient_ore
    line.is_exemptible, line.rules = tariff.is_exemptible, tariff.rules


def share(line: Line, *, exempt: bool) -> None:
    """Divide the fee: Helfo pays the share of a patient who is exempt, of taksts that count for the frikort."""
    line.patient_ore = 0 if exempt and line.is_exemptible else line.share_ore
    line.refund_ore = line.fee_ore - line.patient_ore


def tariff_of(code: str, day: date, *, field: str = "takst") -> Tariff:
    """Return the takst as it is on the day. Raises ValidationError."""
    if found := Tariff.objects.of_code(code, day):
        return found
    words = _("Taksten %(code)s finnes ikke i tariffen %(day)s.")
    raise ValidationError({field: words % {"code": code.strip()[:12], "day": f"{day:%d.%m.%Y}"}})


def refuse_unless_draft(card: BillingCard) -> None:
    """Raise ValidationError when the lines can no longer be changed (spec F5)."""
    if not card.is_draft:
        words = _("Regningskortet er %(state)s. Bare kladder kan endres.")
        raise ValidationError(words % {"state": card.get_state_display().lower()})


def check_parts(clinic: Clinic, patient: Patient, practitioner: Practitioner) -> None:
    """Refuse parts of another clinic: the gate has scoped them already, this is the second wall (spec A7)."""
    if {patient.clinic_id, practitioner.clinic_id} != {clinic.pk}:
        raise ValidationError(_("Pasient og behandler må høre til klinikken."))


def check_date(clinic: Clinic, day: date, now: datetime) -> None:
    """Refuse a day to come: Helfo does (research: domain, 1.6). Raises ValidationError."""
    if day > now.astimezone(clinic.zone).date():
        raise ValidationError({"service_date": _("Datoen er ikke kommet ennå. Velg i dag eller tidligere.")})
    if day.year < 2000:
        raise ValidationError({"service_date": _("Datoen er for langt tilbake.")})


def log(card: BillingCard, *, by: User | None, what: str, **more: Any) -> None:
    """Write the audit line: what was done with which card, never sums or taksts."""
    audit.record(
        AuditAction.CARD, clinic=card.clinic, actor=by, patient_id=card.patient_id, what=f"{what} {card.pk}", **more
    )
