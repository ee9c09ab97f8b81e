"""Send again to those who were not told, after their cards were mended: a bulk of its own (issue: send again)."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from bulk_send import confirming, drafting, outcomes, progress
from bulk_send.models import IN_HAND, Bulk, Recipient, RecipientState, State
from bulk_send.progress import Progress
from clinics.models import User
from notifications.kinds import DeliveryState
from notifications.models import Delivery
from patients.models import Patient
from selection.freezing import freeze
from selection.models import Origin


def can_resend(bulk: Bulk, found: Progress | None = None) -> bool:
    """Whether everything is settled, and someone was not told who is not being told by a later one already."""
    found = found or progress.of(bulk)
    if not (found.is_settled and found.not_told) or begun(bulk):
        return False
    is_first = not found.uncertain and not bulk.resends.exists()
    return is_first or untold(bulk).exists()  # the sums say it already of most; no one need be looked for


def begun(bulk: Bulk) -> Bulk | None:
    """Return the bulk that was begun to the rest of this one and is a draft or under way."""
    open_states = (State.DRAFT, *IN_HAND)
    found: Bulk | None = bulk.resends.filter(state__in=open_states).order_by("-pk").first()
    return found


def untold(bulk: Bulk) -> QuerySet[Any, Any]:
    """Return those not told, here or by any bulk begun after this one. One whose SMS may have gone is left in peace."""
    unsure = Delivery.objects.filter(batch=bulk.pk, state=DeliveryState.FAILED_UNKNOWN)
    rows = outcomes.not_told(bulk).exclude(pk__in=unsure.values("notification__subject_id"))
    after = list(Bulk.objects.filter(pk__in=descendants(bulk)))
    later = Recipient.objects.filter(bulk__in=after, state=RecipientState.PLANNED)
    for one in after:
        later = later.exclude(pk__in=outcomes.not_told(one).values("pk"))
    found: QuerySet[Any, Any] = rows.exclude(patient__in=later.values("patient"))
    return found


def descendants(bulk: Bulk) -> list[int]:
    """Return the pks of all that was begun to the rest of this one, and to the rest of those."""
    found: list[int] = []
    level = [bulk.pk]
    while level:
        level = list(Bulk.objects.filter(resend_of__in=level).values_list("pk", flat=True))
        found += level
    return found


@transaction.atomic
def begin(bulk: Bulk, *, by: User) -> Bulk | None:
    """Make a draft with the same text to those who were not told; None when there is nobody, or it is not settled.

    The selection keeps the origin of the first one, so that false positives still stay out (spec H3).
    """
    bulk = confirming.locked(bulk)  # two presses begin one
    if already := begun(bulk):
        return already
    if not can_resend(bulk):
        return None
    first = bulk.selection
    people = Patient.objects.filter(pk__in=untold(bulk).values("patient"))
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
