"""A parent, guardian or authorised person sees the card that the clinic has let them see, and no longer (spec K2)."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from clinics.models import AuditEvent, Clinic, Role
from patients import receiving
from patients.models import Patient, Person, Proxy
from portal.cards import cards_of
from post import patient_side
from post.models import Party
from tests.access.people import colleague
from tests.access.people import logged_in as staff
from tests.access.world import notice
from tests.factories import AppointmentFactory, ClinicFactory, DialogFactory, PatientFactory, PersonFactory
from tests.portal.visitors import logged_in

PARENT = "20914695016"  # synthetic (month + 80)
TODAY = date(2026, 11, 23)


@pytest.fixture
def clinic(db: None) -> Clinic:
    """A demo clinic."""
    clinic: Clinic = ClinicFactory(alias="Nord")
    return clinic


@pytest.fixture
def child(clinic: Clinic) -> Patient:
    """A child of fifteen."""
    child: Patient = PatientFactory(
        clinic=clinic, given_name="Ola", family_name="Barnesen", birth_date=date(2011, 3, 29), person=PersonFactory()
    )
    return child


def recorded(child: Patient, number: str = PARENT, **fields: str) -> object:
    """Record a relation as staff, on the card's page."""
    wanted = {"number": number, "kind": "FO", "valid_from": "23.11.2026", "valid_to": ""} | fields
    return staff(colleague(child.clinic)).post(reverse("patients:proxies", args=[child.pk]), wanted)


@time_machine.travel(TODAY, tick=False)
def test_a_parent_sees_the_childs_card_until_the_clinic_or_the_calendar_says_no(child: Patient) -> None:
    own = PatientFactory(clinic=child.clinic, person=PersonFactory(national_number=PARENT), given_name="Lillian")
    dialog, told = DialogFactory(patient=child, subject="Om Ola"), notice(child)
    parent = logged_in(own.person)
    before = parent.get(reverse("portal:open", args=[told.token]))

    assert recorded(child).status_code == 302
    proxy = Proxy.objects.get()
    link = parent.get(reverse("portal:open", args=[told.token]), follow=True)
    home = parent.get("/min/").content.decode()
    answer = patient_side.answer_by_patient(dialog, person=own.person, text="Han er frisk", key=uuid.uuid4())

    assert (before.status_code, link.status_code) == (404, 200)
    assert (proxy.valid_to, proxy.clinic) == (date(2027, 3, 28), child.clinic)
    assert AuditEvent.objects.filter(patient_id=child.pk, what=f"proxy recorded: {proxy.pk}").count() == 1
    assert "Nord · for Ola Barnesen" in home
    assert answer.person == own.person
    # What a person decides about themselves stays theirs: contact values, consent and insight are not the child's.
    profile = parent.get(reverse("portal:profile")).content.decode()
    assert own.email in profile
    assert child.email not in profile
    assert parent.get(reverse("portal:consent", args=[child.pk])).status_code == 404
    parent.post(reverse("portal:email_remove"))
    child.refresh_from_db()
    assert child.email

    with time_machine.travel(date(2027, 3, 28)):
        assert child in cards_of(own.person)
    with time_machine.travel(date(2027, 3, 29)):
        assert child not in cards_of(own.person)
    for born, sees in [(date(2010, 11, 23), False), (date(2010, 11, 24), True)]:  # the birth date was wrong
        Patient.objects.filter(pk=child.pk).update(birth_date=born)
        proxy = Proxy.objects.select_related("clinic", "patient").get()
        assert (child in cards_of(own.person), receiving.is_over(proxy, timezone.now())) == (sees, not sees)
    page = staff(colleague(child.clinic)).get(reverse("patients:proxies", args=[child.pk])).content.decode()
    assert PARENT[:6] in page
    for _press in range(2):
        staff(colleague(child.clinic)).post(reverse("patients:proxy_withdraw", args=[proxy.pk]))
    assert AuditEvent.objects.filter(what=f"proxy withdrawn: {proxy.pk}").count() == 1
    assert "Hei, Lillian" in parent.get("/min/").content.decode()
    assert parent.get(reverse("portal:open", args=[told.token])).status_code == 404
    with pytest.raises(PermissionDenied):
        patient_side.answer_by_patient(dialog, person=own.person, text="Hei", key=uuid.uuid4())


@time_machine.travel(TODAY, tick=False)
def test_the_log_says_which_proxy_acted_and_never_that_the_patient_did(child: Patient) -> None:
    """Threat 34: by the relation's id to the staff, by name to the patient if the clinic knows it."""
    clinic = child.clinic
    own = PatientFactory(clinic=clinic, person=PersonFactory(national_number=PARENT), family_name="Fullmektigsen")
    recorded(child)
    proxy, parent = Proxy.objects.get(), logged_in(own.person)
    row, dialog = AppointmentFactory(patient=child), DialogFactory(patient=child, first__party=Party.STAFF)
    parent.post(reverse("portal:choose", args=[child.pk]))
    parent.post(reverse("portal:cancel", args=[row.pk]), {"version": row.version})
    parent.post(reverse("portal:mark_read", args=[dialog.pk]), {"seen": dialog.messages.get().pk})
    said = AuditEvent.objects.filter(patient_id=child.pk, source="portal").order_by("pk").values_list("what", flat=True)
    assert list(said) == [f"cancelled {row.pk} by proxy {proxy.pk}", f"patient read {dialog.pk} by proxy {proxy.pk}"]
    patient_side.start_by_patient(
        person=None, patient=child, kind="e_dialog", subject="Prøve", text="Hei", key=uuid.uuid4(), source="helsenorge"
    )

    theirs = logged_in(child.person).get(reverse("portal:readers")).content.decode()
    page = staff(colleague(clinic, Role.MANAGER)).get(reverse("patients:readers", args=[child.pk])).content.decode()

    assert theirs.count(f"En annen med fullmakt: {own}") == 2
    assert (theirs.count(">Helsenorge<"), ">Du<" in theirs) == (1, False)
    assert page.count(f"(fullmakt {proxy.pk})") == 2
    assert (f"Avtale avlyst {row.pk}</td>" in page, ">Helsenorge<" in page, ">Pasienten<" in page) == (
        True,
        True,
        False,
    )


@time_machine.travel(TODAY, tick=False)
def test_who_is_no_patient_sees_only_whom_they_act_for(child: Patient) -> None:
    """Begins on its day; the proxy has nothing of their own to change."""
    recorded(child, kind="FU", valid_from="24.11.2026", valid_to="25.11.2026")
    person = Person.objects.get(national_number=PARENT)

    assert logged_in(person).get("/min/").status_code == 403
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        client = logged_in(person)
        assert "for Ola Barnesen" in client.get("/min/").content.decode()
        assert client.get(reverse("portal:profile")).status_code == 200
        for name in ("email", "mobile", "readers"):
            assert client.get(reverse(f"portal:{name}")).status_code == 404
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        assert logged_in(person).get("/min/").status_code == 403


@time_machine.travel(TODAY, tick=False)
def test_what_cannot_be_is_refused_at_its_field(child: Patient) -> None:
    own_number = "10915596784"
    Person.objects.filter(pk=child.person_id).update(national_number=own_number)
    ageless = PatientFactory(clinic=child.clinic, birth_date=None)
    recorded(child, kind="VE")

    for patient, fields, words in [
        (child, {"number": "123"}, "11 siffer"),
        (child, {"number": own_number}, "pasientens eget"),
        (child, {}, "alt registrert"),
        (child, {"number": "15021951940"}, "oppdiktede"),
        (child, {"number": "47908702367", "kind": "FU", "valid_to": "22.11.2026"}, "før startdatoen"),
        (child, {"number": "47908702367", "kind": "XX"}, "Grunnlag"),
        (child, {"number": "47908702367", "valid_from": "31.02.2026"}, "finnes ikke"),
        (ageless, {"number": "47908702367"}, "mangler fødselsdato"),
    ]:
        page = recorded(patient, **fields)
        assert (page.status_code, words in page.content.decode()) == (422, True), words
    assert Proxy.objects.count() == 1
