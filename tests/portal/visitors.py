"""Patients who are logged in without the provider, and everything of one patient that the portal's URLs name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.test import Client

from clinics.models import Clinic
from economy.models import BillingCard, Receipt
from notifications.models import Notification
from patients.models import Patient, Person, PushSubscription
from portal import sessions
from post.models import Attachment, Dialog
from tests.access.world import attached, billed, notice, paid, pk_of
from tests.factories import AppointmentFactory, ClinicFactory, DialogFactory, PatientFactory, PersonFactory
from timebook.models import Appointment


def person_with(*clinics: Clinic, **fields: Any) -> Person:
    """Make a person with a card at each clinic; `fields` are the cards'."""
    person: Person = PersonFactory()
    for clinic in clinics:
        PatientFactory(clinic=clinic, person=person, **fields)
    return person


def logged_in(person: Person, **options: bool) -> Client:
    """Return a client with the person's session in the portal."""
    client = Client(**options)  # type: ignore[arg-type]
    key, _session = sessions.begin(person, provider="test")
    client.cookies[settings.PORTAL_COOKIE_NAME] = key
    return client


@dataclass
class Side:
    """One patient and one row of every kind that a URL of the portal can name. `secret` stands in all their texts."""

    secret: str
    person: Person
    patient: Patient
    appointment: Appointment
    dialog: Dialog
    attachment: Attachment
    billing_card: BillingCard
    receipt: Receipt
    notification: Notification
    subscription: PushSubscription


def side(secret: str, clinic: Clinic | None = None) -> Side:
    """Make a patient with one of everything."""
    person = person_with(clinic or ClinicFactory(), family_name=secret, email=f"{secret.lower()}@example.com")
    patient = person.cards.get()
    appointment = AppointmentFactory(patient=patient, practitioner__name=f"Behandler {secret}")
    dialog = DialogFactory(patient=patient, subject=f"Om {secret}", first__text=f"Jeg er {secret}")
    receipt = paid(patient)
    push = PushSubscription.objects.create(
        person=person, endpoint=f"https://fcm.googleapis.com/{secret}", p256dh=secret, auth=secret, device=secret
    )
    parts = (attached(dialog), billed(patient).card, receipt, notice(patient), push)
    return Side(secret, person, patient, appointment, dialog, *parts)


# Every URL of the portal with kwargs stands here; one that does not fails the crawl, so that none can escape it.
ROWS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "portal:choose": pk_of("patient"),
    "portal:consent": pk_of("patient"),
    "portal:dialog": pk_of("dialog"),
    "portal:mark_read": pk_of("dialog"),
    "portal:keep_answer": pk_of("dialog"),
    "portal:attachment": pk_of("attachment"),
    **{f"portal:{name}": pk_of("appointment") for name in ("appointment", "calendar", "cancel", "move", "move_slot")},
    **{f"portal:{name}": pk_of("receipt") for name in ("receipt", "receipt_pdf")},
    "portal:push_remove": pk_of("subscription"),
    "portal:open": lambda side: {"token": side.notification.token},
}
