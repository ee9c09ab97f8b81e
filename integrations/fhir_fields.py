"""What the fields of FHIR R4 and the Norwegian base profiles mean to us (research: domain.md §5). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from integrations.records import Raw, RawAppointment, RawPatient, RawPractitioner
from integrations.report import Where

NORWAY = "urn:oid:2.16.578.1.12.4.1.4."
NATIONAL = {f"{NORWAY}{number}" for number in (1, 2, 3)}  # fødselsnummer, D, FH: the content tells which it is
HPR = f"{NORWAY}4"
DUF = f"{NORWAY}5"
MUNICIPALITIES = "urn:oid:2.16.578.1.12.4.1.1.3402"
IN_NORWAY = {"", "NO", "NOR", "NORGE", "NOREG", "NORWAY"}
ADDRESS_RANKS = {"home": 0, "": 1, "temp": 3, "billing": 4}
RECORD_NUMBER = "MR"  # v2-0203: the number of the patient record
FOREIGN_PAPERS = {"SS", "DL", "PPN", "TAX", "NI", "SB"}  # social security, driving licence, passport: not our business
MALE_FEMALE = {"male": "male", "female": "female"}


def text(value: Any) -> str:
    """Return a string or number as text, without the NUL and lone surrogates that no database takes; else ""."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).encode("utf-8", "ignore").decode().replace("\0", "").strip()


def items(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list that may be missing."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def references_to(url: str, resource: dict[str, Any]) -> list[str]:
    """Return every name by which other resources may point here."""
    names = [url, f"{resource['resourceType']}/{text(resource.get('id'))}" if resource.get("id") else ""]
    return [name for name in names if name]


def shortened(reference: str) -> str:
    """Return `Patient/1` for a relative or absolute reference, versions left out; `urn:uuid:…` as it is."""
    if reference.startswith("urn:"):
        return reference
    parts = reference.split("/_history/")[0].rstrip("/").split("/")
    return "/".join(parts[-2:])


def official(names: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the name to use: official, then usual, then the first that is not an old or maiden name."""
    ranks = {"official": 0, "usual": 1, "": 2, "old": 9, "maiden": 9, "anonymous": 9}
    return min(names, key=lambda name: ranks.get(text(name.get("use")), 5), default={})


def given_and_family(names: list[dict[str, Any]]) -> tuple[str, str]:
    """Return given names (with the no-basis middle name) and family name; from `text` where the parts are missing."""
    name = official(names)
    given = [text(part) for part in name.get("given") or []]
    given += [
        text(ext.get("valueString")) for ext in items(name.get("extension")) if "middlename" in text(ext.get("url"))
    ]
    family = text(name.get("family"))
    if not family and not any(given):
        *given, family = text(name.get("text")).split() or [""]
    return " ".join(part for part in given if part), family


def telecom(resource: dict[str, Any], system: str) -> str:
    """Return the contact value to use: mobile first, then by rank; old ones never."""
    values = [point for point in items(resource.get("telecom")) if text(point.get("system")) == system]
    current = [point for point in values if text(point.get("use")) != "old" and text(point.get("value"))]
    ranked = sorted(current, key=lambda point: (text(point.get("use")) != "mobile", point.get("rank") or 99))
    return text(ranked[0]["value"]) if ranked else ""


def type_codes(identifier: dict[str, Any]) -> set[str]:
    """Return the codes that say what sort of identifier it is."""
    kind = identifier.get("type")
    return {text(coding.get("code")) for coding in items(kind.get("coding"))} if isinstance(kind, dict) else set()


def national_number(identifiers: list[dict[str, Any]]) -> str:
    """Return the number under a national system, whatever sort it is."""
    found = (text(item.get("value")) for item in identifiers if text(item.get("system")) in NATIONAL)
    return next((value for value in found if value), "")


def local_number(identifiers: list[dict[str, Any]], resource_id: str) -> str:
    """Return the record number, else another local identifier, else the resource's id."""
    local = [item for item in identifiers if text(item.get("system")) not in NATIONAL and text(item.get("value"))]
    records = [item for item in local if RECORD_NUMBER in type_codes(item)]
    plain = [item for item in local if not type_codes(item) & FOREIGN_PAPERS and text(item.get("system")) != DUF]
    chosen = (records or plain or [{"value": resource_id}])[0]
    return text(chosen.get("value"))


def is_dead(resource: dict[str, Any]) -> bool:
    """Whether the person is recorded as dead."""
    return resource.get("deceasedBoolean") is True or bool(text(resource.get("deceasedDateTime")))


def patient(url: str, resource: dict[str, Any], where: Where) -> RawPatient:
    """Map Patient (no-basis-Patient)."""
    identifiers = items(resource.get("identifier"))
    given, family = given_and_family(items(resource.get("name")))
    doctors = [reference_of(item) for item in items(resource.get("generalPractitioner"))]
    return RawPatient(
        where=where,
        refs=references_to(url, resource),
        given_name=given,
        family_name=family,
        national_number=national_number(identifiers),
        local_number=local_number(identifiers, text(resource.get("id"))),
        birth_date=text(resource.get("birthDate")),
        sex=MALE_FEMALE.get(text(resource.get("gender")), ""),
        email=telecom(resource, "email"),
        phone=telecom(resource, "phone") or telecom(resource, "sms"),
        consent="",  # FHIR Consent is about treatment and research as well: counted, not read
        preferred_method="",
        practitioner=next((name for name in doctors if name), ""),
        is_dead=is_dead(resource),
        in_use=resource.get("active") is not False,
        **home(items(resource.get("address"))),
        has_econtact="",
    )


def home(addresses: list[dict[str, Any]]) -> dict[str, str]:
    """Return postal code and municipality number (no-basis-Address) of the address in use in Norway."""
    norwegian = [address for address in addresses if text(address.get("country")).upper() in IN_NORWAY]
    ranked = sorted(norwegian, key=lambda address: ADDRESS_RANKS.get(text(address.get("use")), 2))
    address = next((one for one in ranked if text(one.get("use")) != "old"), {})
    district = address.get("_district")
    extensions = items(address.get("extension")) + items(
        district.get("extension") if isinstance(district, dict) else None
    )
    codings = (ext["valueCoding"] for ext in extensions if isinstance(ext.get("valueCoding"), dict))
    numbers = (text(coding.get("code")) for coding in codings if text(coding.get("system")) == MUNICIPALITIES)
    return {"postal_code": text(address.get("postalCode")), "municipality": next(numbers, "")}


def practitioner(url: str, resource: dict[str, Any], where: Where) -> RawPractitioner:
    """Map Practitioner: known by HPR number, else its first identifier, else its id."""
    identifiers = [item for item in items(resource.get("identifier")) if text(item.get("value"))]
    hpr = [item for item in identifiers if text(item.get("system")) == HPR]
    external = next(identifier_names(hpr or identifiers), text(resource.get("id")))
    given, family = given_and_family(items(resource.get("name")))
    names = references_to(url, resource) + list(identifier_names(identifiers))
    return RawPractitioner(where, names, external, f"{given} {family}".strip(), title(resource))


def identifier_names(identifiers: list[dict[str, Any]]) -> Iterator[str]:
    """Yield `system|value` for each identifier."""
    return (f"{text(item.get('system'))}|{text(item.get('value'))}" for item in identifiers)


def title(resource: dict[str, Any]) -> str:
    """Return the profession in words, where the first qualification has it."""
    for qualification in items(resource.get("qualification")):
        code = qualification.get("code") or {}
        return text(code.get("text")) or next((text(item.get("display")) for item in items(code.get("coding"))), "")
    return ""


def reference_of(actor: dict[str, Any]) -> str:
    """Return what a Reference points to: a resource, or an identifier as `system|value`."""
    if reference := text(actor.get("reference")):
        return shortened(reference)
    return next(identifier_names([identifier for identifier in [actor.get("identifier")] if identifier]), "")


def actors(resource: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    """Yield the participants of one resource type; declined ones do not take part."""
    for participant in items(resource.get("participant")):
        actor = participant.get("actor")
        if isinstance(actor, dict) and text(participant.get("status")) != "declined" and kind_of(actor) == kind:
            yield actor


def kind_of(actor: dict[str, Any]) -> str:
    """Return the resource type that a Reference says or shows; a bare `urn:uuid:` may be anything."""
    if said := text(actor.get("type")):
        return said
    reference = shortened(text(actor.get("reference")))
    if "/" in reference:
        return reference.split("/")[0]
    identifier = actor.get("identifier")
    if isinstance(identifier, dict) and text(identifier.get("system")) in NATIONAL:
        return "Patient"
    return "urn"


def appointment(url: str, resource: dict[str, Any], where: Where) -> RawAppointment:
    """Map Appointment (no-basis-Appointment)."""
    unnamed = [reference_of(actor) for actor in actors(resource, "urn")]  # the ledger knows what they are
    seen = list(actors(resource, "Practitioner"))
    shown = [text(actor.get("display")) for actor in [*seen, *actors(resource, "PractitionerRole")]]
    place = next(actors(resource, "Location"), {})
    return RawAppointment(
        where=where,
        external_id=text(resource.get("id")) or url,
        patient=[reference_of(actor) for actor in actors(resource, "Patient")] + unnamed,
        practitioner=[*map(reference_of, seen), *unnamed, *(f"named:{name}" for name in shown if name)],
        place=text(place.get("display")),
        types=list(type_names(resource)),
        starts=text(resource.get("start")),
        ends=text(resource.get("end")),
        minutes=text(resource.get("minutesDuration")),
        status=text(resource.get("status")),
    )


def type_names(resource: dict[str, Any]) -> Iterator[str]:
    """Yield every code and text that may name the appointment's type, for the type map."""
    for concept in [resource.get("appointmentType"), *items(resource.get("serviceType"))]:
        if isinstance(concept, dict):
            yield from (text(coding.get("code")) for coding in items(concept.get("coding")))
            yield text(concept.get("text"))


MAPPINGS: dict[str, Callable[[str, dict[str, Any], Where], Raw]] = {
    "Patient": patient,
    "Practitioner": practitioner,
    "Appointment": appointment,
}
RECOGNISED = {"Organization"}  # read and counted; the clinic itself is made by support (spec A2)
