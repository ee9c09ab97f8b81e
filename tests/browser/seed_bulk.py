"""Bulks that the browser's tests find, one in every state, and a colleague at a clinic that has sent none."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from bulk_send import confirming, drafting, planning, stopping
from bulk_send.models import Bulk, Purpose, State, Type
from clinics.models import Clinic, Membership, Practitioner, Role, User
from overview.management import demo_staff
from patients.models import Consent, JournalEntry, Patient, Person, PortalAccount
from patients.names import search_key
from selection import freezing
from selection.models import Origin

UNSENT = "ingen.utsendelser@example.com"  # manages a clinic that has none, nor the grants
FAR = timedelta(days=1)  # no countdown ends while the pages are looked at
WARNED = "Hei {fornavn}. Tid for kontroll av diabetes. Se https://example.com/time 👋"
CODE = "L84"  # ICPC-2, back syndrome: nobody else in the demo has it
PEOPLE: dict[str, dict[str, Any]] = {
    "Agnes Utsendt": {"mobile": "+4742200001", "email": "agnes.utsendt@example.com", "has_econtact": True},
    "Birger Utsendt": {"mobile": "+4742200002"},
    "Cathrine Utsendt": {"mobile": "+4742200003", "email": "cathrine.utsendt@example.com"},
    "Dagfinn Utsendt": {"email": "dagfinn.utsendt@example.com"},
    "Edel Utsendt": {"mobile": "+4742200004", "consent": Consent.WITHDRAWN},
    "Frode-Kristoffer Utsendt-Mellomnavn": {},
    "Gunn Utsendt": {"mobile": "+4742200003", "has_econtact": True},
}
IN_PORTAL = "Cathrine Utsendt"


def bulks(clinic: Clinic, by: User) -> dict[str, int]:
    """Make a bulk in each state; returns the ids that addresses need."""
    elsewhere()
    people(clinic)
    now = timezone.now()
    letter = {"type": Type.ECONTACT, "subject": "Svar om diabetes", "text": "Hei {fornavn}. Prøven er fin."}
    made = {
        "bulk_draft": draft(clinic, by, text=WARNED),
        "bulk_empty": draft(clinic, by, is_chosen=False),
        "bulk_econtact": draft(clinic, by, **letter),
        "bulk_changing": draft(clinic, by, text="Vi har nye åpningstider."),
        "bulk_unready": draft(clinic, by, **letter | {"purpose": ""}),
        "bulk_countdown": sent(draft(clinic, by, text="Stengt fredag."), by, now + FAR),
        "bulk_running": running(draft(clinic, by, text="Stengt mandag."), by, now),
        "bulk_done": done(draft(clinic, by, **letter), by, now),
        "bulk_stopped": stopped(draft(clinic, by, text="Stengt onsdag."), by, now),
    }
    return {name: bulk.pk for name, bulk in made.items()}


def elsewhere() -> None:
    """Add the manager of the clinic that has sent nothing."""
    other = Clinic.objects.get(name="Bryggen hudklinikk")
    user = demo_staff.user(UNSENT, "Ingen", "Utsendelser")
    Membership.objects.create(clinic=other, user=user, role=Role.MANAGER)


def people(clinic: Clinic) -> None:
    """Open cards that can be reached in every way, and in none."""
    doctor = Practitioner.objects.filter(clinic=clinic).first()
    for number, (name, fields) in enumerate(PEOPLE.items()):
        given_name, family_name = name.split()
        card = Patient.objects.create(
            clinic=clinic,
            person=Person.objects.create(national_number=f"0281{number:02}54321"),
            given_name=given_name,
            family_name=family_name,
            search_name=search_key(name),
            general_practitioner=doctor,
            **{"consent": Consent.GIVEN} | fields,
        )
        about = {"clinic": clinic, "patient": card, "starts_on": timezone.localdate()}
        JournalEntry.objects.create(**about, type="diagnosis", system="icpc2", code=CODE, text="Ryggsyndrom")
        if name == IN_PORTAL:
            PortalAccount.objects.create(person=card.person)


def draft(clinic: Clinic, by: User, *, is_chosen: bool = True, **said: Any) -> Bulk:
    """Write a draft to them, and move those who can be moved."""
    found = Patient.objects.of(clinic).filter(family_name__startswith="Utsendt")
    frozen = freezing.freeze(found, clinic=clinic, origin=Origin.JOURNAL, name="Pasienter som venter", by=by)
    bulk = drafting.start(frozen, by=by)
    bulk, _fell_out = drafting.change(
        bulk, version=bulk.version, by=by, **{"purpose": Purpose.INFORMATION, "text": "Hei"} | said
    )
    if is_chosen:
        drafting.choose_all(bulk)
    bulk.refresh_from_db()
    return bulk


def sent(bulk: Bulk, by: User, at: datetime) -> Bulk:
    """Press «Send nå», as if it were pressed then."""
    return confirming.confirm(bulk, version=bulk.version, by=by, now=at, accepts_cards=True)


def running(bulk: Bulk, by: User, now: datetime) -> Bulk:
    """Make a slice of one recipient; the rest waits for a day."""
    bulk = sent(bulk, by, now - FAR)
    planning.make_slice(bulk.pk, now, size=1)
    Bulk.objects.filter(pk=bulk.pk).update(release_at=now + FAR)
    return bulk


def done(bulk: Bulk, by: User, now: datetime) -> Bulk:
    """Make all of it; one has lost the way to be reached meanwhile."""
    bulk = sent(bulk, by, now - FAR)
    gunn = Patient.objects.filter(clinic=bulk.clinic, given_name="Gunn", family_name="Utsendt")
    gunn.update(mobile="")
    while planning.make_slice(bulk.pk, now):
        pass
    gunn.update(mobile=PEOPLE["Gunn Utsendt"]["mobile"])
    assert Bulk.objects.get(pk=bulk.pk).state == State.DONE
    return bulk


def stopped(bulk: Bulk, by: User, now: datetime) -> Bulk:
    """Stop it after the first slice."""
    stopping.stop(running(bulk, by, now), by=by, now=now)
    return bulk
