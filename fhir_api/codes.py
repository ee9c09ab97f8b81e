"""FHIR's code systems as far as we use them, and our own: why a notice did not go, and what a notice tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import translation

from notifications.kinds import Channel, Kind, Reason
from patients.identity import Kind as Number

BASE = f"{settings.PUBLIC_BASE_URL}/fhir/r4"
REASONS, KINDS, MEDIA = (f"{BASE}/CodeSystem/{name}" for name in ("notice-reason", "notice-kind", "notice-medium"))
OID = "urn:oid:2.16.578.1.12.4.1.4."  # persons' numbers, by Norsk helsenett
NUMBERS: Mapping[str, str] = {Number.FNR: f"{OID}1", Number.D: f"{OID}2", Number.FH: f"{OID}3"}
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
MODE = f"{TERMINOLOGY}/v3-ParticipationMode"
MEDIUM: Mapping[str, tuple[str, str]] = {
    Channel.EMAIL: (MODE, "EMAILWRIT"),
    Channel.SMS: (MODE, "SMSWRIT"),
    Channel.PUSH: (MEDIA, "push"),  # HL7 has no code for a message to an app
}
CATEGORY = f"{TERMINOLOGY}/communication-category"
CANCELLED = f"{TERMINOLOGY}/appointment-cancellation-reason"
EVENT_STATUS = "http://hl7.org/fhir/event-status"
APPOINTMENT_STATUS = "http://hl7.org/fhir/appointmentstatus"
OWN: Mapping[str, tuple[str, Any]] = {  # id → title, choices
    "notice-reason": ("Why a notice did not go, was stopped or replaced", Reason),
    "notice-kind": ("What a notice tells a patient", Kind),
    "notice-medium": ("Ways to reach a patient that HL7 has no code for", [(Channel.PUSH, Channel.PUSH.label)]),
}


def concept(system: str, code: str, display: str = "") -> dict[str, Any]:
    """Return a CodeableConcept of one coding."""
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]}


def code_system(name: str) -> dict[str, Any]:
    """Return one of our own; its words are bokmål. Raises KeyError."""
    title, choices = OWN[name]
    with translation.override("nb"):
        pairs = [(str(code), str(label)) for code, label in getattr(choices, "choices", choices)]
    return {
        "resourceType": "CodeSystem",
        "id": name,
        "url": f"{BASE}/CodeSystem/{name}",
        "name": "".join(word.capitalize() for word in name.split("-")),
        "title": title,
        "status": "active",
        "language": "nb",
        "content": "complete",
        "caseSensitive": True,
        "count": len(pairs),
        "concept": [{"code": code, "display": label} for code, label in pairs],
    }


def label_of(choices: Any, code: str) -> str:
    """Return a code's words in bokmål."""
    with translation.override("nb"):
        return str(choices(code).label)
