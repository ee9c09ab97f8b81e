"""«Hvorfor?» from every place that the text names, and «Hva ville skjedd nå?» (spec J3)."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import AuditAction, AuditEvent, Clinic
from notifications.kinds import Kind, Reason, State, SubjectType
from notifications.models import Notification, Silence
from patients.models import Consent, Patient
from post.models import Message, Party
from tests.access.world import World, notice
from tests.factories import PatientFactory


def judged(here: World, **seen: object) -> Notification:
    """A notice that was judged on these values, and stopped."""
    return notice(here.patient, state=State.SUPPRESSED, reason=Reason.CONSENT_WITHDRAWN, seen=seen)


def test_one_click_from_a_history_row(here: World, secretary: Client) -> None:
    """spec J3: the row links to the page, and the page says which rule decided and what would have turned it."""
    row = judged(here, consent=Consent.WITHDRAWN)
    url = reverse("notifications:why", args=[row.pk])

    history = secretary.get(reverse("notifications:card", args=[here.patient.pk])).content.decode()
    text = secretary.get(url).content.decode()

    assert url in history
    for words in ("Samtykke trukket", "Avgjorde", "Ville gått på e-post hvis pasienten hadde samtykket."):
        assert words in text


@pytest.mark.parametrize("name", ["timebook:appointment", "economy:receipt"])
def test_one_click_from_appointment_and_receipt(name: str, here: World, secretary: Client) -> None:
    """spec J3: the pages of the subjects themselves link to it."""
    from tests.access.world import ROWS  # noqa: PLC0415

    text = secretary.get(reverse(name, kwargs=ROWS[name](here)), follow=True).content.decode()

    assert f"/pasienter/{here.patient.pk}/hvorfor/" in text


def test_one_click_from_a_message_of_the_staff_in_a_dialog(here: World, secretary: Client) -> None:
    """spec E2, J3: the patient's own messages make no notice and have no link."""
    own = here.dialog.messages.get()
    sent = Message.objects.create(
        clinic=here.clinic, dialog=here.dialog, party=Party.STAFF, text="Svar", key=uuid.uuid4(), sent_at=own.sent_at
    )

    text = secretary.get(reverse("post:dialog", args=[here.dialog.pk])).content.decode()

    why = [reverse("notifications:why_subject", args=[here.patient.pk, "message", row.pk]) for row in (own, sent)]
    assert [url in text for url in why] == [own.is_staffs, True]


def test_a_subject_that_is_not_the_patients_tells_nothing(here: World, secretary: Client) -> None:
    """spec A7: another patient's subject, and another clinic's, are as unknown as one that does not exist."""
    other = PatientFactory(clinic=here.clinic)
    foreign = notice(PatientFactory())
    for pk, subject_id in ((other.pk, here.appointment.pk), (here.patient.pk, foreign.subject_id + 10_000)):
        url = reverse("notifications:why_subject", args=[pk, "appointment", subject_id])
        assert "Ingenting å forklare ennå" in secretary.get(url).content.decode()
    assert secretary.get(reverse("notifications:why_subject", args=[here.patient.pk, "patient", 1])).status_code == 404


def test_events_without_a_notice_are_listed_on_the_card_s_forecast(here: World, secretary: Client) -> None:
    """spec J3: what gave no notice is no row of the history, and is found all the same."""
    Clinic.objects.filter(pk=here.clinic.pk).update(economy_notices=False)
    Patient.objects.filter(pk=here.patient.pk).update(mobile="", email="")
    Silence.objects.create(
        clinic=here.clinic,
        patient=here.patient,
        kind=Kind.RECEIPT,
        subject_type=SubjectType.CARD,
        subject_id=77,
        reason=Reason.MODULE_OFF,
        event_at=here.notification.event_at,
    )

    text = secretary.get(reverse("notifications:now", args=[here.patient.pk])).content.decode()

    assert "Hendelser uten varsel" in text
    assert f"/pasienter/{here.patient.pk}/hvorfor/card/77/" in text
    assert "hvis varsler for Økonomi var på og mobilnummer var registrert" in text


def test_reading_an_explanation_is_written_down_once(here: World, secretary: Client) -> None:
    """Threat 34."""
    before = AuditEvent.objects.filter(action=AuditAction.READ, patient_id=here.patient.pk).count()

    secretary.get(reverse("notifications:why", args=[here.notification.pk]))

    assert AuditEvent.objects.filter(action=AuditAction.READ, patient_id=here.patient.pk).count() == before + 1


@pytest.mark.parametrize("name", ["notifications:why", "notifications:now"])
def test_queries_do_not_grow_with_the_story(
    name: str, here: World, secretary: Client, django_assert_max_num_queries
) -> None:
    """No N+1."""
    for number in range(25):
        again = notice(here.patient, slot=f"resend:1:{number}")
        Notification.objects.filter(pk=again.pk).update(subject_id=here.notification.subject_id)
    pk = here.notification.pk if name.endswith("why") else here.patient.pk

    with django_assert_max_num_queries(32):
        assert secretary.get(reverse(name, args=[pk])).status_code == 200
