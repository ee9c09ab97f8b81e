"""Who else may act or read: a proxy, and a system over FHIR. Run inside the product, by seed.py."""

from __future__ import annotations

from django.utils import timezone

from clinics.models import Clinic, User
from fhir_api import clients
from fhir_api.models import Scope
from patients import proxies
from patients.models import Patient, ProxyKind

PROXY = "20914695016"  # synthetic (month + 80); has no card here


def shared(clinic: Clinic, patient: Patient, by: User) -> dict[str, int]:
    """Record them; returns the ids that addresses need."""
    now = timezone.now()
    since = timezone.localdate()
    proxy = proxies.record(
        patient, number=PROXY, kind=ProxyKind.AUTHORISED, valid_from=since, valid_to=None, by=by, now=now
    )
    client, _secret = clients.make(clinic, by=by, now=now, name="Kvalitetsregisteret", scopes=Scope.values)
    return {"proxy": proxy.pk, "proxys_patient": patient.pk, "fhir_client": client.pk}
