"""A clinic that uses every kind of dialog, a patient with a person behind the card, and the engine's frozen world."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from patients.models import Patient
from post import kinds, patient_side, writing
from post.models import SWITCHED, DialogKind, Message
from tests.engine.conftest import (  # noqa: F401 - fixtures
    clinic,
    clock,
    email,
    pass_time,
    providers,
    push,
    sms,
    staff,
)
from tests.factories import MembershipFactory, PatientFactory, PersonFactory


@pytest.fixture(autouse=True)
def own_files(settings: object, tmp_path: Path) -> Path:
    """Keep attachments in the test's own folder."""
    settings.VAR_DIR = tmp_path  # type: ignore[attr-defined]
    return tmp_path / "attachments"


@pytest.fixture
def kari(clinic: object, staff: object, clock: object) -> Patient:  # noqa: F811
    """A patient with consent, e-mail, mobile and a person, at a clinic that uses every kind."""
    for kind in SWITCHED:
        kinds.switch(clinic, kind, on=True, by=staff)
    return PatientFactory(clinic=clinic, email="kari@example.com", mobile="+4742000001", person=PersonFactory())


@pytest.fixture
def colleague(clinic: object) -> object:  # noqa: F811
    """Another secretary."""
    return MembershipFactory(clinic=clinic).user


@pytest.fixture
def key() -> Callable[[], uuid.UUID]:
    """Return a fresh key, as a form has."""
    numbers = itertools.count(1)
    return lambda: uuid.UUID(int=next(numbers))


@pytest.fixture
def start(staff: object, key: Callable[[], uuid.UUID]) -> Callable[..., Message]:  # noqa: F811
    """Open a dialog as staff."""

    def make(patient: Patient, text: str = "Ring oss.", **said: object) -> Message:
        known = {"subject": "Prøvesvar", "by": staff, "key": key()}
        return writing.start_by_staff(patient=patient, text=text, **(known | said))

    return make


@pytest.fixture
def ask(key: Callable[[], uuid.UUID]) -> Callable[..., Message]:
    """Open a dialog as the patient."""

    def make(patient: Patient, kind: str = DialogKind.E_DIALOG, text: str = "Når kan jeg komme?", **said: object):
        known = {"subject": "Spørsmål", "key": key(), "person": patient.person}
        return patient_side.start_by_patient(patient=patient, kind=kind, text=text, **(known | said))

    return make


@pytest.fixture
def answer(staff: object, key: Callable[[], uuid.UUID]) -> Callable[..., Message]:  # noqa: F811
    """Answer as staff, having seen everything."""

    def make(message: Message, text: str = "Kom på tirsdag.", **said: object) -> Message:
        known = {"by": staff, "key": key(), "seen": writing.newest(message.dialog)}
        return writing.answer_by_staff(message.dialog, text=text, **(known | said))

    return make


@pytest.fixture
def reply(key: Callable[[], uuid.UUID]) -> Callable[..., Message]:
    """Answer as the patient."""

    def make(message: Message, text: str = "Takk.", **said: object) -> Message:
        known = {"person": message.dialog.patient.person, "key": key()}
        return patient_side.answer_by_patient(message.dialog, text=text, **(known | said))

    return make
