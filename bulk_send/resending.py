"""Send again to those who were not told, after their cards were mended: a bulk of its own (issue: send again)."""

from __future__ import annotations

from django.db import transaction

from bulk_send import drafting, outcomes, progress
from bulk_send.models import Bulk
from clinics.models import User
from patients.models import Patient
from selection.freezing import freeze
from selection.models import Origin


def can_resend(bulk: Bulk) -> bool:
    """Whether everything is settled and someone was not told."""
    found = progress.of(bulk)
    return found.is_settled and found.not_told > 0


@transaction.atomic
def begin(bulk: Bulk, *, by: User) -> Bulk | None:
    """Make a draft with the same text to those who were not told; None when there is nobody, or it is not settled.

    The selection keeps the origin of the first one, so that false positives still stay out (spec H3).
    """
    if not can_resend(bulk):
        return None
    first = bulk.selection
    people = Patient.objects.filter(pk__in=outcomes.not_told(bulk).values("patient"))
    is_risk = first.origin == Origin.RISK
    selection = freeze(
        people,
        clinic=bulk.clinic,
        origin=Origin.RISK if is_risk else Origin.RESEND,
        origin_id=first.origin_id if is_risk else bulk.pk,
        name=first.name,
        by=by,
    )
    again = drafting.start(selection, by=by)
    again.type, again.subject, again.text, again.purpose = bulk.type, bulk.subject, bulk.text, bulk.purpose
    again.practitioner, again.resend_of = bulk.practitioner, bulk
    again.save()
    drafting.choose_all(again)
    again.refresh_from_db()
    return again
