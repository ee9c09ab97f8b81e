"""What the browser's tests find at the demo clinic beyond the demo's own. Run inside the product: see conftest."""

from __future__ import annotations

import json
from datetime import date, timedelta

from django.utils import timezone

from clinics.hashing import hashed
from clinics.hours import ClosedDay
from clinics.models import Clinic, Invitation, Membership, Place, Practitioner, Role, User
from integrations.models import Format, ImportRun
from integrations.models import State as Stage
from integrations.reasons import Reason as ImportReason
from integrations.reasons import Weight
from notifications.kinds import Channel, DeliveryState, External, Kind, Reason, State, SubjectType
from notifications.models import Attempt, Delivery, DeliveryEvent, Notification, new_token
from overview.management import demo_staff
from patients.models import Consent, JournalEntry, Patient
from patients.names import search_key
from tests.browser.seed_bulk import bulks
from tests.browser.seed_economy import billed
from tests.browser.seed_post import dialogs
from tests.browser.seed_risk import risks
from tests.browser.seed_sharing import shared
from timebook import booking
from timebook.models import Appointment, AppointmentType

# Each test has a card of its own, so that none sees what another one sent.
PEOPLE: dict[str, dict[str, str]] = {
    "Tuva Hovland": {"mobile": "+4742100001"},
    "Sverre Nygård": {"mobile": "+4742100002"},
    "Maja Lindqvist": {"mobile": "+4742100003"},
    "Eskil Brekke": {"mobile": "+4742100004", "email": "eskil.brekke@example.com"},
    "Oda Myklebust": {"mobile": "+4742100005"},
    "Jostein Vik": {"mobile": "+4742100006"},
    "Unni Rustad": {},
    "Trond Sletten": {"mobile": "+4742100008", "consent": ""},
    "Vilde Austad": {"mobile": "+4742100009", "email": "vilde.austad@example.com"},
    "Hallvard Moe": {"mobile": "+4742100010", "email": "hallvard.moe@example.com"},
    "Sigrid Tveit": {"mobile": "+4742100011"},
    "Ragnhild Foss": {"mobile": "+4742100012"},
    "Peder Aune": {"mobile": "+4742100013"},
    "Borghild Ness": {"mobile": "+4742100014"},
    "Yngve Solli": {"mobile": "+4742100015", "email": "yngve.solli@example.com"},
    "Gerd Utne": {"mobile": "+4742100016"},
    "Ivar Tangen": {"mobile": "+4742100017"},
    "Aslaug Fjære": {"mobile": "+4742100018", "email": "aslaug.fjaere@example.com"},
    "Solveig Eide": {"mobile": "+4742100019"},
    "Knut Loe": {"mobile": "+4742100020"},
    "Randi Haug": {"mobile": "+4742100021"},
    "Odd Kvam": {},
    "Nils Ødegård": {},
    "Solfrid Egge": {"mobile": "+4742100031"},
    "Torunn Eide": {"mobile": "+4742100032"},
    "Astri Bakken": {},
}
EVERYTHING = "Aslaug Fjære"  # has a notice in every state
INVITATION = "en-lenke-fra-en-e-post"
CLOSED = date(2030, 5, 17)
WITHOUT_CODE, WITHOUT_CLINIC = "ny.ansatt@example.com", "uten.klinikk@example.com"


def main() -> None:
    """Add cards, colleagues, appointments, a history and an import; print the ids that addresses need, as JSON."""
    clinic = Clinic.objects.get(name="Fjordbyen legesenter")
    manager = User.objects.get(email="anne.lie@example.com")
    patients = cards(clinic)
    colleague = colleagues(clinic)
    invited(clinic, manager)
    ClosedDay.objects.create(clinic=clinic, day=CLOSED, text="17. mai")
    appointment, cancelled = appointments(clinic, patients[EVERYTHING], manager)
    known = {
        "patients": {name: card.pk for name, card in patients.items()},
        "practitioner": Practitioner.objects.get(clinic=clinic, name="Bjørn Haugen").pk,
        "place": Place.objects.filter(clinic=clinic).order_by("pk").first().pk,
        "types": {row.name: row.pk for row in AppointmentType.objects.filter(clinic=clinic)},
        "colleague": colleague.pk,
        "appointment": appointment.pk,
        "cancelled": cancelled.pk,
        "failed": history(patients[EVERYTHING], appointment),
        "import": imported(clinic, manager),
        **dialogs(clinic, patients, manager),
    }
    journal(patients[EVERYTHING])
    known |= billed(clinic, patients["Astri Bakken"], patients["Solfrid Egge"], manager)
    known |= risks(clinic, patients, manager)
    known |= bulks(clinic, manager)
    known |= shared(clinic, patients["Torunn Eide"], manager)
    print(json.dumps(known))


def cards(clinic: Clinic) -> dict[str, Patient]:
    """Open the cards; returns them by name."""
    made = Patient.objects.bulk_create(
        Patient(
            clinic=clinic,
            local_number=f"B{number}",
            given_name=name.split()[0],
            family_name=name.split()[1],
            search_name=search_key(name),
            email=values.get("email", ""),
            mobile=values.get("mobile", ""),
            consent=values.get("consent", Consent.GIVEN),
        )
        for number, (name, values) in enumerate(PEOPLE.items(), 1)
    )
    return {str(card): card for card in made}


def journal(patient: Patient) -> None:
    """Write an illness, a medicine that is no longer in use and more measurements than a page holds."""
    today = timezone.localdate()
    about = {"clinic": patient.clinic, "patient": patient}
    since, until = today - timedelta(days=900), today - timedelta(days=100)
    pressure = {"type": "observation", "system": "other", "code": "8480-6", "text": "Systolisk blodtrykk"}
    JournalEntry.objects.bulk_create(
        [
            JournalEntry(**about, type="diagnosis", system="icpc2", code="K86", text="Hypertensjon", starts_on=since),
            JournalEntry(
                **about, type="medicine", system="atc", code="C09AA05", text="Ramipril", starts_on=since, ends_on=until
            ),
            *(
                JournalEntry(**about, **pressure, starts_on=today - timedelta(days=n), value=130 + n % 20, unit="mmHg")
                for n in range(60)
            ),
        ]
    )


def colleagues(clinic: Clinic) -> Membership:
    """Add one who has no second factor yet, which is returned, and one who works nowhere."""
    new = User.objects.create_user(WITHOUT_CODE, demo_staff.PASSWORD, first_name="Ny", last_name="Ansatt")
    demo_staff.user(WITHOUT_CLINIC, "Uten", "Klinikk")
    return Membership.objects.create(clinic=clinic, user=new, role=Role.SECRETARY)


def invited(clinic: Clinic, by: User) -> None:
    """Invite one whose link is known, one whom the mail did not reach, and one whose link is too old."""
    now = timezone.now()
    for number, days in enumerate((7, 7, -1)):
        Invitation.objects.create(
            clinic=clinic,
            email=f"invitert{number}@example.com",
            role=Role.CLINICIAN,
            token_hash=hashed(f"{INVITATION}{number or ''}"),
            invited_by=by,
            sent_at=None if number == 1 else now,
            expires_at=now + timedelta(days=days),
        )


def appointments(clinic: Clinic, patient: Patient, by: User) -> tuple[Appointment, Appointment]:
    """Set up two, and cancel one of them; returns both."""
    start = (timezone.now() + timedelta(days=200)).replace(minute=0, second=0, microsecond=0)
    made = [
        booking.set_up(
            clinic=clinic,
            patient=patient,
            practitioner=Practitioner.objects.filter(clinic=clinic).first(),
            place=None,
            type=AppointmentType.objects.get(clinic=clinic, name="E-konsultasjon"),
            starts_at=start + timedelta(days=days),
            ends_at=start + timedelta(days=days, minutes=30),
            by=by,
        )
        for days in (0, 1)
    ]
    return made[0], booking.cancel(made[1], version=made[1].version, by=by)


def history(patient: Patient, appointment: Appointment) -> int:
    """Write a notice in every state, with its hops; returns one that failed and can be sent again."""
    now = timezone.now()
    failed = 0
    about = {"clinic": patient.clinic, "patient": patient, "subject_type": SubjectType.APPOINTMENT}
    times = {"event_at": now, "expires_at": appointment.starts_at}
    hops: list[tuple[str, str]] = [(state, "") for state in DeliveryState]
    hops[DeliveryState.values.index("failed")] = (DeliveryState.FAILED, Reason.INVALID_NUMBER)
    hops[DeliveryState.values.index("suppressed")] = (DeliveryState.SUPPRESSED, Reason.LANDLINE)
    for number, (state, reason) in enumerate(hops):
        notice = Notification.objects.create(
            **about,
            **times,
            kind=Kind.APPOINTMENT_CHANGED,
            subject_id=appointment.pk,
            slot=f"seed:{number}",
            state=State.DISPATCHED,
            due_at=now - timedelta(minutes=number),
        )
        hop = Delivery.objects.create(
            clinic=patient.clinic,
            notification=notice,
            channel=list(Channel)[number % 3],
            state=state,
            reason=reason,
            recipient=patient.mobile,
            text="Timen din er endret. http://localhost:8000/v/abcdefghijklmnopqrstuv/",
            due_at=now + timedelta(days=30),
            expires_at=appointment.starts_at,
            settled_at=now,
        )
        Attempt.objects.create(delivery=hop, number=1, token=new_token(), at=now)
        DeliveryEvent.objects.create(delivery=hop, what="receipt", state=state, reason=reason, at=now)
        failed = notice.pk if state == DeliveryState.FAILED else failed
    reasons = {State.SUPPRESSED: Reason.NO_CONTACT, State.CANCELLED: Reason.APPOINTMENT_CANCELLED}
    Notification.objects.bulk_create(
        Notification(
            **about,
            **times,
            kind=Kind.APPOINTMENT_REMINDER,
            subject_id=appointment.pk,
            slot=f"seed:{state}",
            state=state,
            reason=reasons.get(state, ""),
            external=External.HELSENORGE if state == State.EXTERNAL else "",
            due_at=now + timedelta(days=30),
        )
        for state in State
    )
    return failed


def imported(clinic: Clinic, by: User) -> int:
    """Write an import that has been run, with two lines in its report; returns its id."""
    line = {"source": "gammelt.csv", "row": 3, "label": "pasient"}
    reasons = {ImportReason.BAD_PHONE: Weight.LEFT_OUT, ImportReason.NO_NAME: Weight.REFUSED}
    run = ImportRun.objects.create(
        clinic=clinic,
        format=Format.CSV,
        name="gammelt.csv",
        state=Stage.DONE,
        counts={"patients.created": 12},
        lines=[line | {"reason": reason, "weight": weight} for reason, weight in reasons.items()],
        created_by=by,
    )
    return int(run.pk)
