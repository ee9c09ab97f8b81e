"""What the journal, the portal and Helsenorge know of those whom the walk's bulks go to. Run inside the product."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.utils import timezone

from clinics.models import Clinic, Practitioner
from patients.models import CodeSystem, Consent, EntryType, JournalEntry, Patient, PortalAccount
from tests.walk.people import BY_ECONTACT, BY_SMS, IN_RISK

IN_PORTAL = ("Frida Portal", "Hanne Portal", "Jon Portalløs")  # have logged in: ePortal is ticked
AT_HELSENORGE = ("Geir Helsenorge",)  # EP-kontakt is ticked
REFUSES = "Even Avvisende"


def gather(clinic: Clinic, cards: Mapping[str, Patient], doctor: Practitioner) -> None:
    """Write a diagnosis of last month that finds each group in one search, and how its people can be reached."""
    month_ago = timezone.localdate() - timedelta(days=30)
    known = {"clinic": clinic, "type": EntryType.DIAGNOSIS, "system": CodeSystem.ICPC2, "starts_on": month_ago}
    groups = {**BY_SMS, **BY_ECONTACT, **IN_RISK}
    JournalEntry.objects.bulk_create(
        JournalEntry(**known, patient=cards[name], code=code, text=text) for name, (code, text) in groups.items()
    )
    Patient.objects.filter(pk__in=[cards[name].pk for name in groups]).update(general_practitioner=doctor)
    Patient.objects.filter(pk__in=[cards[name].pk for name in AT_HELSENORGE]).update(has_econtact=True)
    Patient.objects.filter(pk=cards[REFUSES].pk).update(consent=Consent.WITHDRAWN)
    PortalAccount.objects.bulk_create(PortalAccount(person=cards[name].person) for name in IN_PORTAL)
