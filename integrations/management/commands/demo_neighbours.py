"""Give the sandbox key pairs of the demo clinics, so that its «Naboer» can call as the real ones would."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clinics.models import Clinic, Practitioner
from economy.models import BillingCard
from integrations import gateways, grants, keys
from integrations.neighbour_models import KeyPair, Neighbour
from patients.models import Patient

SHOWN = 60  # patients to choose from


class Command(BaseCommand):
    """`manage.py demo_neighbours`."""

    help = "Gi sandkassens naboer nøkkelpar for demoklinikkene"

    def handle(self, *args: Any, **options: Any) -> None:
        """Write var/neighbours.json. Raises CommandError outside development."""
        if not settings.DEBUG:
            raise CommandError("Bare for demo: DEBUG er av.")
        clinics = Clinic.objects.filter(is_demo=True).exclude(econtact_provider="").order_by("pk")
        if not clinics:
            raise CommandError("Lag demoklinikkene først: create_demo.")
        path = settings.VAR_DIR / "neighbours.json"
        path.write_text(json.dumps([told(clinic) for clinic in clinics], ensure_ascii=False), encoding="utf-8")
        path.chmod(0o600)


def told(clinic: Clinic) -> dict[str, Any]:
    """Return what the sandbox is told of a clinic: the key pairs that it may use, and whom and what to name."""
    patients = Patient.objects.of(clinic).select_related("person").order_by("family_name", "given_name")[:SHOWN]
    card = BillingCard.objects.of(clinic).filter(state="open", patient_ore__gt=0).order_by("number").first()
    return {
        "clinic": clinic.name,
        "keys": {who.value: key_of(clinic, who) for who in Neighbour if grants.is_granted(clinic, who)},
        "patients": [{"name": row.name, **named(row)} for row in patients],
        "practitioners": list(Practitioner.objects.of(clinic).values_list("name", flat=True)),
        "card": {"number": card.number, "amount": card.patient_ore} if card else {},
    }


def key_of(clinic: Clinic, neighbour: Neighbour) -> dict[str, str]:
    """Return the pair with the neighbour, made when it is missing."""
    pair: KeyPair = keys.of(clinic, neighbour) or keys.make(clinic, neighbour, by=None, seen=0, now=timezone.now())
    return {"key_id": pair.key_id, "secret": keys.shown(pair)}


def named(patient: Patient) -> dict[str, str]:
    """Return how a neighbour names the patient."""
    return gateways.numbered(patient.person.national_number if patient.person else "", patient.local_number)
