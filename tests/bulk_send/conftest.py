"""A clinic that may send bulks, people to send to, and a worker that works when told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from bulk_send import confirming, drafting, planning
from bulk_send.models import Bulk, Purpose, Type
from clinics.models import Role
from patients.models import Patient, PortalAccount
from selection.freezing import freeze
from selection.models import Origin
from tests.engine.conftest import clock, email, pass_time, providers, push, sms  # noqa: F401 - fixtures
from tests.engine.conftest import run_engine as run_ticks
from tests.factories import ClinicFactory, MembershipFactory, PatientFactory, PersonFactory, PractitionerFactory


@pytest.fixture
def clinic(db: None) -> object:
    """A demo clinic with every module on, free-text SMS and an e-contact provider."""
    return ClinicFactory(
        name="Fjordbyen legesenter",
        alias="Fjordbyen legesenter",
        phone="+4722000000",
        free_text_sms=True,
        econtact_provider="besoklegen",
    )


@pytest.fixture
def staff(clinic: object) -> object:
    """A secretary who may send bulks."""
    return MembershipFactory(clinic=clinic, may_bulk_send=True).user


@pytest.fixture
def manager(clinic: object) -> object:
    """The clinic manager."""
    return MembershipFactory(clinic=clinic, role=Role.MANAGER).user


@pytest.fixture
def doctor(clinic: object) -> object:
    """A practitioner who is nobody's user."""
    return PractitionerFactory(clinic=clinic)


def portal_patient(clinic: object, **fields: object) -> Patient:
    """Make a patient who has logged in to the portal."""
    person = PersonFactory()
    PortalAccount.objects.create(person=person)
    return PatientFactory(clinic=clinic, person=person, **fields)


@pytest.fixture
def people(clinic: object, doctor: object) -> list[Patient]:
    """Three whom both SMS and e-contact can reach."""
    names = ("Anne", "Bjørn", "Cato")
    return [portal_patient(clinic, given_name=name, general_practitioner=doctor) for name in names]


@pytest.fixture
def select(clinic: object, staff: object) -> Callable[..., object]:
    """Freeze patients into a selection: everyone unless said otherwise."""

    def make(patients: object = None, origin: Origin = Origin.JOURNAL) -> object:
        return freeze(
            Patient.objects.all() if patients is None else patients, clinic=clinic, origin=origin, name="Alle", by=staff
        )

    return make


@pytest.fixture
def draft(staff: object, select: Callable[..., object]) -> Callable[..., Bulk]:
    """Make a draft with everyone possible moved to the left."""

    def make(type: str = Type.SMS, selection: object = None, **fields: object) -> Bulk:
        bulk = drafting.start(selection or select(), by=staff)
        said = {"type": type, "text": "Kontoret er stengt fredag.", "purpose": Purpose.OPERATION}
        if type == Type.ECONTACT:
            said["subject"] = "Stengt fredag"
        bulk, _fell_out = drafting.change(bulk, version=bulk.version, by=staff, **said | fields)
        drafting.choose_all(bulk)
        bulk.refresh_from_db()
        return bulk

    return make


@pytest.fixture
def send(staff: object, clock: object) -> Callable[..., Bulk]:  # noqa: F811
    """Press «Send nå»."""

    def press(bulk: Bulk, **said: object) -> Bulk:
        said = {"by": staff, "version": bulk.version, "now": timezone.now(), "accepts_cards": True} | said
        return confirming.confirm(bulk, **said)

    return press


@pytest.fixture
def work(clock: object, providers: object) -> Callable[..., None]:  # noqa: F811
    """Let time pass (30 seconds unless said otherwise), and every worker with it."""

    def run(seconds: float = 30, size: int = planning.SLICE) -> None:
        clock.shift(timedelta(seconds=seconds))
        while planning.run(timezone.now(), size):
            pass
        run_ticks()

    return run
