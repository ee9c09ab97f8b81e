"""The patient books, moves and cancels on the phone (spec B3, D2–D4, D13, D14, K2)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from clinics.hours import ClosedDay, OpeningHours
from clinics.models import AuditEvent, Clinic, Practitioner, Role
from notifications.kinds import Kind
from notifications.models import Notification
from patients.models import Consent, Patient
from tests.access.people import colleague
from tests.access.people import logged_in as logged_in_as_staff
from tests.factories import (
    AppointmentFactory,
    AppointmentTypeFactory,
    ClinicFactory,
    PatientFactory,
    PlaceFactory,
    PractitionerFactory,
)
from tests.portal.visitors import logged_in, person_with
from timebook.models import Appointment, AppointmentType, Source, Status
from timebook.terms import BookingTerms

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday, 10.00 at the clinic
WEDNESDAY = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)  # 08.00
pytestmark = [pytest.mark.django_db]


@pytest.fixture(autouse=True)
def clock() -> object:
    """Stand still."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def clinic(db: None) -> Clinic:
    """Open 8 to 10 from Monday to Friday, but not on Thursday."""
    clinic: Clinic = ClinicFactory(alias="Nord")
    for weekday in range(5):
        OpeningHours.objects.create(clinic=clinic, weekday=weekday, opens=time(8), closes=time(10))
    ClosedDay.objects.create(clinic=clinic, day=date(2026, 11, 26), text="Kurs")
    PlaceFactory(clinic=clinic, name="Andre etasje")
    return clinic


@pytest.fixture
def kind(clinic: Clinic) -> AppointmentType:
    """Half an hour that patients book themselves; another type they do not."""
    AppointmentTypeFactory(clinic=clinic, name="Gynekologi")
    kind: AppointmentType = AppointmentTypeFactory(clinic=clinic, name="Blodprøve", minutes=30, self_booking=True)
    return kind


@pytest.fixture
def doctor(clinic: Clinic) -> Practitioner:
    """The patient's own doctor; a colleague works there too, and one has left."""
    PractitionerFactory(clinic=clinic, name="Berit Kollega")
    PractitionerFactory(clinic=clinic, name="Sluttet", is_active=False)
    doctor: Practitioner = PractitionerFactory(clinic=clinic, name="Dina Doktor")
    return doctor


@pytest.fixture
def kari(clinic: Clinic, doctor: Practitioner) -> Patient:
    """The one who is logged in."""
    kari: Patient = person_with(clinic, general_practitioner=doctor).cards.get()
    return kari


@pytest.fixture
def phone(kari: Patient) -> Client:
    """Her browser."""
    return logged_in(kari.person)


def at(kind: AppointmentType, who: Practitioner, start: datetime) -> str:
    """Return the address of a slot."""
    return f"{reverse('portal:book_slot')}?type={kind.pk}&behandler={who.pk}&start={start:%Y%m%dT%H%MZ}"


def to(row: Appointment, who: Practitioner, start: datetime) -> str:
    """Return the address of moving there."""
    return f"{reverse('portal:move_slot', args=[row.pk])}?behandler={who.pk}&start={start:%Y%m%dT%H%MZ}"


def kinds(row: Appointment) -> list[str]:
    """Return the kinds of news about it that were planned, in order."""
    news = Notification.objects.filter(subject_type="appointment", subject_id=row.pk).order_by("pk")
    return list(news.exclude(kind=Kind.APPOINTMENT_REMINDER).values_list("kind", flat=True))


def test_booked_moved_and_called_off(
    phone: Client, kari: Patient, kind: AppointmentType, doctor: Practitioner, django_assert_max_num_queries: object
) -> None:
    """spec D2, D3, D4: the patient is the actor; each press twice does it once; an old page changes nothing."""
    for start in (WEDNESDAY, WEDNESDAY + timedelta(minutes=75)):
        AppointmentFactory(
            patient=PatientFactory(clinic=kari.clinic),
            practitioner=doctor,
            place=None,
            starts_at=start,
            ends_at=start + timedelta(minutes=15),
        )

    types = phone.get(reverse("portal:book")).content.decode()
    with django_assert_max_num_queries(11):
        shown = phone.get(f"{reverse('portal:book')}?type={kind.pk}")
    page = shown.content.decode()
    everyone = phone.get(f"{reverse('portal:book')}?type={kind.pk}&behandler=0").content.decode()
    assert ("Blodprøve" in types, "Gynekologi" in types) == (True, False)
    offered = {slot.starts_at for _day, own in shown.context["days"] for _who, slots in own for slot, _url in slots}
    assert min(offered) == datetime(2026, 11, 24, 7, 0, tzinfo=UTC)  # today is closed before the four hours are over
    wednesday = sorted(f"{one:%H%M}" for one in offered if one.date() == WEDNESDAY.date())
    assert wednesday == ["0730", "0830"]
    assert date(2026, 11, 26) not in {one.date() for one in offered}
    assert ("Dina Doktor</p>" in page, "Berit Kollega</p>" in page, "Sluttet" in everyone) == (True, False, False)
    assert "Berit Kollega</p>" in everyone

    start = WEDNESDAY + timedelta(minutes=30)
    asked = phone.get(at(kind, doctor, start))
    assert (Appointment.objects.filter(patient=kari).count(), asked.status_code) == (0, 200)
    answers = [phone.post(at(kind, doctor, start)) for _press in range(2)]
    row = Appointment.objects.get(patient=kari)
    assert [one["Location"] for one in answers] == [reverse("portal:appointment", args=[row.pk])] * 2
    assert (row.set_up_by, row.ends_at, str(row.place)) == ("patient", start + timedelta(minutes=30), "Andre etasje")
    assert kinds(row) == [Kind.APPOINTMENT_BOOKED]
    assert AuditEvent.objects.get(patient_id=kari.pk, what=f"set_up {row.pk}").source == "portal"

    friday = WEDNESDAY + timedelta(days=2)
    old = phone.post(to(row, doctor, friday), {"version": row.version - 1})
    moved = [phone.post(to(row, doctor, friday), {"version": row.version}) for _press in range(2)]
    assert (old.status_code, [one.status_code for one in moved]) == (409, [302, 302])
    assert "Slik er den nå" in old.content.decode()
    row.refresh_from_db()
    assert (row.starts_at, row.version) == (friday, 2)
    # Its own time is not in the way of a later one that overlaps it.
    Appointment.objects.filter(pk=row.pk).update(ends_at=friday + timedelta(minutes=60))
    assert phone.post(to(row, doctor, friday + timedelta(hours=1)), {"version": 2}).status_code == 302

    entry = Calendar.from_ical(phone.get(reverse("portal:calendar", args=[row.pk])).content).events[0]
    assert entry["uid"] == f"{row.uid}@pasientvarsel"
    assert "Blodprøve" not in str(entry.to_ical())
    assert "ATTENDEE" not in entry

    address = reverse("portal:cancel", args=[row.pk])
    old = phone.post(address, {"version": 2})
    gone = [phone.post(address, {"version": 3}) for _press in range(2)]
    row.refresh_from_db()
    assert (old.status_code, [one.status_code for one in gone]) == (409, [302, 302])
    assert (row.status, row.cancelled_by, row.version) == (Status.CANCELLED, "patient", 4)
    assert kinds(row)[-1] == Kind.APPOINTMENT_CALLED_OFF
    assert "Avbestilt" in phone.get(reverse("portal:appointments")).content.decode()


def test_only_one_of_two_gets_the_slot(
    phone: Client, kari: Patient, kind: AppointmentType, doctor: Practitioner
) -> None:
    """spec D14: the other is told, and shown the nearest; nothing that was not offered can be had by its address."""
    other = person_with(kari.clinic).cards.get()
    both = (logged_in(other.person), phone)

    first, second = (one.post(at(kind, doctor, WEDNESDAY)) for one in both)
    assert (first.status_code, second.status_code) == (302, 409)
    near = [slot.starts_at for slot, _url in second.context["near"]]
    assert near[0] < WEDNESDAY < near[-1]
    assert WEDNESDAY not in near
    assert near[-2:] == [WEDNESDAY + timedelta(minutes=30 * step) for step in (2, 3)]

    mine = AppointmentFactory(patient=kari, type=kind, practitioner=doctor, starts_at=WEDNESDAY + timedelta(days=7))
    assert phone.post(to(mine, doctor, WEDNESDAY), {"version": 1}).status_code == 409
    clash = phone.post(at(kind, Practitioner.objects.get(name="Berit Kollega"), mine.starts_at))
    assert (clash.status_code, "alt en time" in clash.content.decode()) == (422, True)
    elsewhere = PractitionerFactory()
    for address in (
        at(kind, doctor, WEDNESDAY + timedelta(minutes=10)),  # between two steps
        at(kind, doctor, WEDNESDAY + timedelta(hours=5)),  # after closing time
        at(kind, doctor, WEDNESDAY + timedelta(days=1)),  # a closed day
        at(kind, doctor, WEDNESDAY + timedelta(days=70)),  # beyond the horizon
        at(kind, doctor, WEDNESDAY - timedelta(days=7)),  # in the past
        at(kind, elsewhere, WEDNESDAY + timedelta(minutes=30)),
        at(kind, Practitioner.objects.get(name="Sluttet"), WEDNESDAY + timedelta(minutes=30)),
        at(AppointmentType.objects.get(name="Gynekologi"), doctor, WEDNESDAY + timedelta(minutes=30)),
        at(AppointmentTypeFactory(self_booking=True), doctor, WEDNESDAY + timedelta(minutes=30)),
        f"{reverse('portal:book_slot')}?type={kind.pk}&behandler=x&start=20261399T0000Z",
        to(mine, doctor, WEDNESDAY + timedelta(hours=5)),
    ):
        assert phone.post(address, {"version": 1}).status_code == 302, address
    assert Appointment.objects.filter(patient=kari).get() == mine
    mine.refresh_from_db()
    assert mine.version == 1


def test_what_cannot_be_done_here_says_why(
    phone: Client, kari: Patient, kind: AppointmentType, doctor: Practitioner
) -> None:
    """spec B3, D13 and the clinic's own limits; what stands may be moved and cancelled without consent."""
    BookingTerms.objects.create(clinic=kari.clinic, notice_hours=0, horizon_days=30, call_hours=30)
    own = {"patient": kari, "practitioner": doctor}
    cases = {
        "gikk ut 23. november kl. 01.00": AppointmentFactory(**own, type=kind, starts_at=NOW + timedelta(hours=21)),
        "bestilt i Helsenorge": AppointmentFactory(**own, type=kind, source=Source.HELSENORGE),
        "kan ikke flyttes her": AppointmentFactory(**own, type=AppointmentType.objects.get(name="Gynekologi")),
        "har begynt": AppointmentFactory(**own, type=kind, starts_at=NOW - timedelta(minutes=5)),
    }
    with time_machine.travel(NOW - timedelta(hours=10), tick=False):
        soon = cases["gikk ut 23. november kl. 01.00"]
        assert phone_of(kari).get(reverse("portal:cancel", args=[soon.pk])).status_code == 200
    for words, row in cases.items():
        assert words in phone.get(reverse("portal:appointment", args=[row.pk])).content.decode(), words
        assert phone.get(reverse("portal:move", args=[row.pk])).status_code == 302
        refused = phone.post(to(row, doctor, WEDNESDAY), {"version": 1})
        assert (refused.status_code, words in refused.content.decode()) == (422, True)
        if words != "kan ikke flyttes her":
            refused = phone.post(reverse("portal:cancel", args=[row.pk]), {"version": 1})
            assert (refused.status_code, words in refused.content.decode()) == (422, True)
        row.refresh_from_db()
        assert row.version == 1

    stands = AppointmentFactory(**own, type=kind, starts_at=NOW + timedelta(days=9))
    Patient.objects.filter(pk=kari.pk).update(consent=Consent.WITHDRAWN)
    page = phone.get(f"{reverse('portal:book')}?type={kind.pk}").content.decode()
    assert reverse("portal:consent", args=[kari.pk]) in page
    assert phone.post(at(kind, doctor, WEDNESDAY + timedelta(minutes=30)))["Location"] == reverse("portal:book")
    assert phone.post(to(stands, doctor, WEDNESDAY + timedelta(minutes=60)), {"version": 1}).status_code == 302
    stands.refresh_from_db()
    assert stands.starts_at == WEDNESDAY + timedelta(minutes=60)
    assert Appointment.objects.filter(patient=kari).count() == len(cases) + 1


def phone_of(patient: Patient) -> Client:
    """Return a browser that logs in now."""
    return logged_in(patient.person)


def test_the_manager_opens_a_type_and_sets_the_terms(kari: Patient, phone: Client, doctor: Practitioner) -> None:
    """Types are closed to patients until someone opens them; numbers that make no sense are refused at their field."""
    closed: AppointmentType = AppointmentTypeFactory(clinic=kari.clinic, name="Vaksine", minutes=30)
    before = phone.get(reverse("portal:book")).content.decode()
    manager = logged_in_as_staff(colleague(kari.clinic, Role.MANAGER))
    secretary = logged_in_as_staff(colleague(kari.clinic, Role.SECRETARY))
    fields = {"name": "Vaksine", "minutes": "30", "colour": "1", "is_active": "on", "self_booking": "on"}
    wanted = {"notice_hours": "240", "horizon_days": "12", "call_hours": "0"}

    refused = manager.post(reverse("timebook:booking_terms"), wanted | {"horizon_days": "0"})
    denied = secretary.post(reverse("timebook:booking_terms"), wanted)
    manager.post(reverse("timebook:type_edit", args=[closed.pk]), fields)
    for _press in range(2):
        manager.post(reverse("timebook:booking_terms"), wanted)

    assert "tar ikke imot bestillinger" in before
    assert (refused.status_code, denied.status_code) == (422, 403)
    terms = BookingTerms.objects.get(clinic=kari.clinic)
    assert (terms.notice_hours, terms.horizon_days, terms.call_hours) == (240, 12, 0)
    assert AuditEvent.objects.filter(what__contains="notice_hours, horizon_days, call_hours").count() == 1
    days = phone.get(f"{reverse('portal:book')}?type={closed.pk}&behandler=0").context["days"]
    assert [day.date() for day, _own in days] == [
        date(2026, 12, 4)
    ]  # on the third it is closed before the ten days are over
    assert "Pasientene bestiller inntil 12 dager fram." in manager.get(reverse("timebook:types")).content.decode()
