"""Which cards a person may see in the portal (spec K2, B1)."""

from __future__ import annotations

from django.db.models import Case, Q, When
from django.utils import timezone

from patients.models import Patient, PatientQuerySet, Person
from patients.proxy_models import Proxy


def cards_of(person: Person) -> PatientQuerySet:
    """Return the person's own cards at clinics in use, by the clinic's alias, then those they may act for."""
    proxied = Proxy.objects.filter(person=person).in_force(timezone.localdate()).values("patient")
    rows = Patient.objects.filter(Q(person=person) | Q(pk__in=proxied), clinic__is_active=True)
    own_first = Case(When(person=person, then=0), default=1)
    return rows.select_related("clinic", "general_practitioner").order_by(own_first, "clinic__alias", "pk")
