"""Why a bulk told someone nothing: the recipient's own row says it, so nothing more is stored (spec J1, J3)."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import QuerySet

from bulk_send.models import Recipient, RecipientState
from notifications import reach
from notifications.decision import Seen
from notifications.kinds import Kind, Reason, SubjectType
from notifications.kinds import State as NoticeState
from notifications.models import Silence
from patients.models import Consent, Patient

CONSENT = {Reason.CONSENT_WITHDRAWN: Consent.WITHDRAWN, Reason.NO_CONSENT: Consent.NOT_ASKED}
NUMBER = (Reason.NO_MOBILE, Reason.LANDLINE, Reason.MOBILE_DEAD, Reason.FOREIGN_NUMBER)


def about(recipient: int, patient: Patient) -> list[Silence]:
    """Return what a bulk left untold to the patient: fallen out at Send or in their slice, or stopped before it."""
    return [silence(row, patient) for row in left_out(patient).filter(pk=recipient)]


def latest(patient: Patient, count: int) -> list[Silence]:
    """Return the newest of all bulks."""
    rows = left_out(patient).order_by("-bulk__confirmed_at", "-pk")[:count]
    return [silence(row, patient) for row in rows]


def left_out(patient: Patient) -> QuerySet[Recipient]:
    """Return the patient's turns that came to nothing; an e-contact that was made and stopped has a notice."""
    rows: QuerySet[Recipient] = Recipient.objects.of(patient.clinic).filter(patient=patient, handover=None)
    stopped_states = [RecipientState.LEFT_OUT, RecipientState.STOPPED]
    return rows.filter(state__in=stopped_states).select_related("bulk__confirmed_by")


def silence(row: Recipient, patient: Patient) -> Silence:
    """Return an unsaved silence: the reason as it was then, and what would have turned it."""
    kind = Kind.BULK_SMS if row.bulk.is_sms else Kind.ECONTACT
    at = row.bulk.ended_at if row.state == RecipientState.STOPPED else row.bulk.confirmed_at
    return Silence(
        clinic=patient.clinic,
        patient=patient,
        kind=kind,
        subject_type=SubjectType.BULK,
        subject_id=row.pk,
        reason=row.reason,
        seen=seen(kind, patient, Reason(row.reason)).packed(),
        event_at=at or row.bulk.updated_at,
        by=row.bulk.confirmed_by,
    )


def seen(kind: Kind, patient: Patient, reason: Reason) -> Seen:
    """Return what it rested on; what is no rule about patients or modules concerns the bulk itself."""
    now = reach.see_now(kind, patient)
    if reason in CONSENT:
        return replace(now, consent=CONSENT[reason])
    if reason == Reason.MODULE_OFF:
        return replace(now, module=False)
    if kind == Kind.BULK_SMS and reason in NUMBER:
        return replace(now, consent=Consent.GIVEN, sms=reason)
    return replace(now, subject=reason, subject_state=NoticeState.CANCELLED)
