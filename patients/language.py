"""The language of notices and portal, chosen by the person for all of their cards (spec B1; K3)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.models import AuditAction
from patients.models import Language, Patient, Person


def choose_as_person(person: Person, language: str) -> int:
    """Write the language on all of the person's cards, with a line on each; returns how many changed.

    Raises ValidationError for a language that is not in the list.
    """
    if language not in Language.values:
        raise ValidationError(_("Velg et språk i listen."), code="language")
    with transaction.atomic():
        cards = Patient.objects.filter(person=person).exclude(language=language).select_related("clinic")
        changed = list(cards.select_for_update(of=("self",)).order_by("pk"))
        Patient.objects.filter(pk__in=[card.pk for card in changed]).update(language=language)
        for card in changed:
            audit.record(
                AuditAction.PERSONAL,
                clinic=card.clinic,
                actor=None,
                patient_id=card.pk,
                what="language",
                source="portal",
            )
    return len(changed)
