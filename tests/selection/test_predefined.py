"""Every shipped search finds whom it should, and leaves out whom it should not (spec G3)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import models

from clinics.models import Clinic
from notifications.models import Delivery, Notification
from patients.journal import JournalEntry
from patients.models import Patient
from selection.compiling import matching
from selection.predefined import load, shipped
from selection.sentence import Speaker
from tests.factories import AppointmentFactory, ClinicFactory, PatientFactory
from tests.selection.crowd import NOON, TODAY

# One fact: a journal entry (type, code, days ago), years of age, sex, or a change of the card.
OLD, BT, HB = ("age", 82), ("observation", "BT", 30), ("observation", "NPU02319", 30)
T90, R95, R96, K86 = (("diagnosis", code, 2000) for code in ("T90", "R95", "R96", "K86"))
WARFARIN, DOAC = ("medicine", "B01AA03", 400), ("medicine", "B01AF02", 400)
FIVE = [("medicine", f"A0{number}AA", 200) for number in range(5)]
WOMAN = [("age", 40), ("sex", "female")]
CASES: dict[str, tuple[list[Any], list[Any]]] = {
    "diabetes_hba1c": ([T90, ("observation", "NPU27300", 366)], [T90, ("observation", "NPU27300", 365)]),
    "diabetes_hoy_hba1c": (
        [T90, ("observation", "NPU27300", 90, 48), ("observation", "NPU27300", 10, 54)],
        [T90, ("observation", "NPU27300", 90, 54), ("observation", "NPU27300", 10, 53)],
    ),
    "livmorhals": ([*WOMAN, ("observation", "HPV", 1900)], [*WOMAN, ("diagnosis", "Z90.7", 900, None, "icd10")]),
    "warfarin_inr": ([WARFARIN, ("observation", "NPU01685", 57)], [WARFARIN, ("observation", "NPU01685", 56)]),
    "doak_nyre": ([DOAC, HB], [DOAC, HB, ("observation", "NPU18016", 300)]),
    "hypertensjon_bt": ([K86], [K86, BT]),
    "kols_spirometri": ([R95, ("observation", "FEV1", 366)], [R95, ("observation", "FEV1", 300)]),
    "astma_spirometri": ([R96, ("observation", "FEV1", 731)], [R96, ("observation", "FEV1", 700)]),
    "polyfarmasi": ([OLD, *FIVE], [OLD, *FIVE[:4], ("medicine", "A00AA", 100)]),
    "litium": ([("medicine", "N05AN01", 90)], [("medicine", "N05AN01", 90), ("observation", "NPU02613", 100)]),
    "stoffskifte": ([("medicine", "H03AA01", 90)], [("medicine", "H03AA01", 90), ("observation", "NPU03577", 100)]),
    "metotreksat": (
        [("medicine", "L04AX03", 90), HB],
        [("medicine", "L04AX03", 90), HB, ("observation", "NPU19651", 20)],
    ),
    "vanedannende": ([("medicine", "N05CF01", 90)], [("medicine", "N05CF01", 89)]),
    "adhd_barn": (
        [("age", 10), ("medicine", "N06BA04", 90), ("observation", "HØYDE", 10)],
        [("age", 10), ("medicine", "N06BA04", 90), ("observation", "HØYDE", 10), ("observation", "VEKT", 10)],
    ),
    "ingen_kontakt": ([("contact", "", 731)], [("contact", "", 730)]),
    "influensavaksine": ([OLD, ("vaccine", "J07BB02", 300)], [OLD, ("vaccine", "AII02", 20)]),
    "pneumokokk": ([OLD, ("vaccine", "J07AL01", 2200)], [OLD, ("vaccine", "J07AL01", 2000)]),
    "ikke_naas": ([("failed",)], [T90]),
    "uten_time": ([T90], [T90, ("appointment",)]),
    "ikke_spurt": ([("appointment",), ("consent", "")], [("appointment",)]),
}


def someone(clinic: Clinic, facts: list[Any]) -> Patient:
    """Make a patient of whom these facts are true."""
    patient = PatientFactory(clinic=clinic)
    for fact in facts:
        match fact:
            case ("age", years):
                change(patient, birth_date=TODAY.replace(year=TODAY.year - years))
            case ("sex" | "consent" as name, value):
                change(patient, **{name: value})
            case ("appointment",):
                AppointmentFactory(patient=patient, starts_at=NOON + timedelta(days=7))
            case ("failed",):
                undelivered(patient)
            case (kind, code, days, *rest):
                entry(patient, kind, code, TODAY - timedelta(days=days), *rest)
    return patient


def change(patient: Patient, **fields: Any) -> None:
    Patient.objects.filter(pk=patient.pk).update(**fields)


def undelivered(patient: Patient) -> None:
    """Let the last notice fail."""
    times: dict[str, Any] = {"due_at": NOON, "expires_at": NOON}
    notice = Notification.objects.create(
        clinic=patient.clinic, patient=patient, kind="receipt", subject_type="card", subject_id=patient.pk,
        slot="card", state="dispatched", event_at=NOON, **times,
    )  # fmt: skip
    Delivery.objects.create(clinic=patient.clinic, notification=notice, channel="sms", state="failed", **times)


def entry(patient: Patient, kind: str, code: str, on: date, value: Any = None, system: str = "icpc2") -> models.Model:
    """Add a journal entry."""
    return JournalEntry.objects.create(
        clinic=patient.clinic, patient=patient, type=kind, code=code, system=system, starts_on=on, value=value
    )


@pytest.mark.parametrize("key", shipped())
def test_it_finds_one_and_leaves_one_out(key: str, db: None) -> None:
    """A search without a case fails here: each needs one of either kind."""
    clinic = ClinicFactory()
    positive, negative = (someone(clinic, facts) for facts in CASES[key])

    found = set(matching(shipped()[key].root, clinic, TODAY))

    assert positive in found
    assert negative not in found


def test_there_are_at_least_fifteen_and_each_can_be_said() -> None:
    """spec G3; the file says where they are from and which version it is."""
    file = load("predefined.json")

    assert len(shipped()) >= 15
    assert file["version"]
    assert file["source"]
    assert all(Speaker().sentence(one.root).startswith("Pasienter som ") for one in shipped().values())
