"""What Condition, Medication…, Observation, Encounter and Immunization of FHIR R4 mean as journal entries. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from integrations.fhir_fields import NATIONAL, identifier_names, items, kind_of, reference_of, references_to, text
from integrations.reasons import Reason
from integrations.records import RawEntry, RawMedication
from integrations.report import Where
from patients.journal import EntryType

WITHDRAWN, NOT_DONE = Reason.WITHDRAWN.value, Reason.NOT_DONE.value
REFUSALS = {  # status → why there is nothing to keep
    "entered-in-error": WITHDRAWN,
    "refuted": WITHDRAWN,
    "not-done": NOT_DONE,
    "not-taken": NOT_DONE,
    "intended": NOT_DONE,
    "draft": NOT_DONE,
    "cancelled": NOT_DONE,
    "planned": NOT_DONE,
    "registered": NOT_DONE,  # an observation without a result yet
}
OVER = {"inactive", "remission", "resolved", "completed", "stopped"}  # of illnesses and medicines
ONLY_THOUGHT_OF = {"proposal", "plan", "option"}  # intents of a MedicationRequest
YES_NO = {True: "ja", False: "nei"}


class Concept(NamedTuple):
    """A CodeableConcept: its codings as RawEntry has them, and its words."""

    codings: list[list[str]]
    text: str


def concept(value: Any) -> Concept:
    """Read a CodeableConcept that may be missing; what the user chose stands first."""
    if not isinstance(value, dict):
        return Concept([], "")
    codings = sorted(items(value.get("coding")), key=lambda coding: coding.get("userSelected") is not True)
    rows = [[text(coding.get(name)) for name in ("system", "code", "display")] for coding in codings]
    return Concept(rows, text(value.get("text")) or next((display for *_, display in rows if display), ""))


def fields(value: Any) -> dict[str, Any]:
    """Return an object that may be missing."""
    return value if isinstance(value, dict) else {}


def patient_names(subject: Any) -> list[str]:
    """Return what a Reference calls the patient, the identity number first; nothing for groups, places and devices."""
    reference = fields(subject)
    if kind_of(reference) not in {"Patient", "urn"}:
        return []
    identifier = fields(reference.get("identifier"))
    numbers = [identifier] if text(identifier.get("system")) in NATIONAL and text(identifier.get("value")) else []
    return list(dict.fromkeys(name for name in [*identifier_names(numbers), reference_of(reference)] if name))


def entry(url: str, resource: dict[str, Any], where: Where, kind: EntryType, said: Concept, **more: Any) -> RawEntry:
    """Build the row that every type of resource shares."""
    number = text(resource.get("id"))
    row: dict[str, Any] = {
        "external_id": f"{resource['resourceType']}/{number}" if number else url,
        "patient": patient_names(resource.get("subject") or resource.get("patient")),
        "codings": said.codings,
        "text": said.text,
        "medication": "",
        "starts": "",
        "ends": "",
        "is_over": False,
        "answer": "",
        "unit": "",
        "refusal": REFUSALS.get(text(resource.get("status")), ""),
    }
    return RawEntry(where=where, type=kind.value, **(row | more))


def first_text(*values: Any) -> str:
    """Return the first that says something."""
    return next((said for value in values if (said := text(value))), "")


def codes(value: Any) -> set[str]:
    """Return the codes of a CodeableConcept."""
    return {code for _, code, _ in concept(value).codings}


def condition(url: str, resource: dict[str, Any], where: Where) -> list[RawEntry]:
    """Map Condition: from the onset, else the day it was recorded, until the abatement."""
    period, abated = fields(resource.get("onsetPeriod")), fields(resource.get("abatementPeriod"))
    refusals = (REFUSALS.get(code, "") for code in sorted(codes(resource.get("verificationStatus"))))
    return [
        entry(
            url,
            resource,
            where,
            EntryType.DIAGNOSIS,
            concept(resource.get("code")),
            starts=first_text(resource.get("onsetDateTime"), period.get("start"), resource.get("recordedDate")),
            ends=first_text(resource.get("abatementDateTime"), abated.get("end"), abated.get("start")),
            is_over=bool(codes(resource.get("clinicalStatus")) & OVER)
            or any(name.startswith("abatement") for name in resource),
            refusal=next((refusal for refusal in refusals if refusal), ""),
        )
    ]


def medicine(resource: dict[str, Any]) -> tuple[Concept, str]:
    """Return what the medicine is and, where it is another resource, the reference to that."""
    if "medicationCodeableConcept" in resource:
        return concept(resource["medicationCodeableConcept"]), ""
    reference = fields(resource.get("medicationReference"))
    name = text(reference.get("reference"))
    inside = [part for part in items(resource.get("contained")) if name == f"#{text(part.get('id'))}"]
    if inside:
        return concept(inside[0].get("code")), ""
    return Concept([], text(reference.get("display"))), reference_of(reference)


def medication(url: str, resource: dict[str, Any], where: Where) -> list[RawMedication]:
    """Map Medication: only what others name by reference."""
    codings, words = concept(resource.get("code"))
    return [RawMedication(where, references_to(url, resource), codings, words)]


def medication_statement(url: str, resource: dict[str, Any], where: Where) -> list[RawEntry]:
    """Map MedicationStatement: the effective period; without an end it is in use."""
    period = fields(resource.get("effectivePeriod"))
    asserted = resource.get("dateAsserted")
    return [
        taken(
            url, resource, where, period, first_text(resource.get("effectiveDateTime"), period.get("start"), asserted)
        )
    ]


def medication_request(url: str, resource: dict[str, Any], where: Where) -> list[RawEntry]:
    """Map MedicationRequest: from when it was written, as long as it is valid."""
    period = fields(fields(resource.get("dispenseRequest")).get("validityPeriod"))
    row = taken(url, resource, where, period, first_text(resource.get("authoredOn"), period.get("start")))
    is_thought = text(resource.get("intent")) in ONLY_THOUGHT_OF or resource.get("doNotPerform") is True
    return [row._replace(refusal=row.refusal or NOT_DONE) if is_thought else row]


def taken(url: str, resource: dict[str, Any], where: Where, period: dict[str, Any], starts: str) -> RawEntry:
    """Build the entry of a medicine."""
    said, reference = medicine(resource)
    is_over = text(resource.get("status")) in OVER
    ends = text(period.get("end"))
    return entry(
        url, resource, where, EntryType.MEDICINE, said, medication=reference, starts=starts, ends=ends, is_over=is_over
    )


def observation(url: str, resource: dict[str, Any], where: Where) -> list[RawEntry]:
    """Map Observation: the measurement and each of its components, so that both can be searched for."""
    period = fields(resource.get("effectivePeriod"))
    moments = [resource.get(name) for name in ("effectiveDateTime", "effectiveInstant")]
    starts = first_text(*moments, period.get("start"), resource.get("issued"))
    parts = items(resource.get("component"))
    whole = measured(url, resource, where, resource, has_parts=bool(parts))._replace(starts=starts)
    rows = [measured(url, resource, where, part) for part in parts]
    named = [row._replace(starts=starts, external_id=f"{whole.external_id}#{n}") for n, row in enumerate(rows, 1)]
    return [whole, *named]


def measured(
    url: str, resource: dict[str, Any], where: Where, part: dict[str, Any], *, has_parts: bool = False
) -> RawEntry:
    """Build the entry of a measurement or a component; what was not measured is refused."""
    answer, unit = answer_of(part)
    is_absent = "dataAbsentReason" in part and not answer and not has_parts
    row = entry(url, resource, where, EntryType.OBSERVATION, concept(part.get("code")), answer=answer, unit=unit)
    return row._replace(refusal=row.refusal or NOT_DONE) if is_absent else row


def answer_of(part: dict[str, Any]) -> tuple[str, str]:
    """Return the value, a number or words, and its unit."""
    if quantity := fields(part.get("valueQuantity")):
        number = text(quantity.get("value"))
        return f"{text(quantity.get('comparator'))}{number}" if number else "", unit_of(quantity)
    if isinstance(flag := part.get("valueBoolean"), bool):
        return YES_NO[flag], ""
    said = concept(part.get("valueCodeableConcept"))
    words = said.text or next((code for _, code, _ in said.codings if code), "")
    plain = [part.get(f"value{name}") for name in ("Integer", "Decimal", "String", "DateTime", "Time")]
    if found := first_text(words, *plain):
        return found, ""
    low, high = (fields(fields(part.get("valueRange")).get(end)) for end in ("low", "high"))
    return "–".join(filter(None, (text(low.get("value")), text(high.get("value"))))), unit_of(low or high)


def unit_of(quantity: dict[str, Any]) -> str:
    """Return the unit as people write it, else its code."""
    return first_text(quantity.get("unit"), quantity.get("code"))


def encounter(url: str, resource: dict[str, Any], where: Where) -> list[RawEntry]:
    """Map Encounter: what sort of contact, on the days of its period."""
    kinds = [said for value in items(resource.get("type")) if (said := concept(value)) != ([], "")]
    setting = fields(resource.get("class"))
    said = kinds[0] if kinds else concept({"coding": [setting]} if setting else None)
    period = fields(resource.get("period"))
    return [
        entry(
            url,
            resource,
            where,
            EntryType.CONTACT,
            said,
            starts=text(period.get("start")),
            ends=text(period.get("end")),
        )
    ]


def immunization(url: str, resource: dict[str, Any], where: Where) -> list[RawEntry]:
    """Map Immunization: the vaccine on the day it was given."""
    starts = first_text(*(resource.get(name) for name in ("occurrenceDateTime", "occurrenceString", "recorded")))
    return [entry(url, resource, where, EntryType.VACCINE, concept(resource.get("vaccineCode")), starts=starts)]


MAPPINGS: dict[str, Callable[[str, dict[str, Any], Where], list[Any]]] = {
    "Condition": condition,
    "Medication": medication,
    "MedicationStatement": medication_statement,
    "MedicationRequest": medication_request,
    "Observation": observation,
    "Encounter": encounter,
    "Immunization": immunization,
}
