"""What the rows of a clinic's CSV files mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from integrations import csv_reading
from integrations.csv_columns import APPOINTMENT_FILE, JOURNAL_FILE, PATIENT_FILE, columns_of, kind_of
from integrations.fhir_fields import HPR
from integrations.reasons import FileRefused, Reason
from integrations.records import Raw, RawAppointment, RawEntry, RawPatient
from integrations.report import Report, Where
from integrations.times import CLOCK
from patients.journal import EntryType

LABELS = {PATIENT_FILE: "pasient", APPOINTMENT_FILE: "time", JOURNAL_FILE: "innslag"}
ENTRY_TYPES = {
    "diagnose": "diagnosis",
    "problem": "diagnosis",
    "legemiddel": "medicine",
    "medisin": "medicine",
    "medikament": "medicine",
    "resept": "medicine",
    "måling": "observation",
    "prøve": "observation",
    "måling eller prøve": "observation",
    "lab": "observation",
    "laboratorieprøve": "observation",
    "kontakt": "contact",
    "konsultasjon": "contact",
    "vaksine": "vaccine",
    "vaksinasjon": "vaccine",
} | {kind.value: kind.value for kind in EntryType}
SEXES = {"k": "female", "kvinne": "female", "female": "female", "f": "female"} | dict.fromkeys(
    ("m", "mann", "male"), "male"
)


def read(path: Path, report: Report, name: str = "", kind: str = "") -> Iterator[Raw]:
    """Yield the rows of one file. `kind` is read from the header unless given. Raises FileRefused."""
    rows = csv_reading.rows(path)
    _, header = next(rows, (0, []))
    if not header:
        raise FileRefused(csv_reading.EMPTY)
    kind = kind or kind_of(header)
    columns = columns_of(header, kind)
    for number, cells in rows:
        where = Where(name or path.name, number, LABELS[kind])
        report.count(f"read.{kind}")
        if len(cells) != len(header):
            report.refuse(where, Reason.UNREADABLE)
            continue
        values = {field: cells[column] for field, column in columns.items()}
        yield MAPPINGS[kind](values, where)


def patient(values: dict[str, str], where: Where) -> RawPatient:
    """Map one row of a patient file."""
    given, family = names(values)
    return RawPatient(
        where=where,
        refs=[],
        given_name=given,
        family_name=family,
        national_number=values.get("national_number", ""),
        local_number=values.get("local_number", ""),
        birth_date=values.get("birth_date", ""),
        sex=SEXES.get(values.get("sex", "").lower(), ""),
        email=values.get("email", ""),
        phone=values.get("phone") or values.get("other_phone", ""),
        consent=values.get("consent", ""),
        preferred_method=values.get("preferred_method", ""),
        practitioner=named(values.get("practitioner", "")),
        is_dead=False,
        in_use=True,
        postal_code=values.get("postal_code", ""),
        municipality=values.get("municipality", ""),
        has_econtact=values.get("has_econtact", ""),
    )


def names(values: dict[str, str]) -> tuple[str, str]:
    """Return given name and family name; one column may hold «Etternavn, Fornavn» or «Fornavn Etternavn»."""
    given, family = values.get("given_name", ""), values.get("family_name", "")
    if given or family:
        return given, family
    whole = values.get("name", "")
    if "," in whole:
        family, given = whole.split(",", 1)
        return given.strip(), family.strip()
    *first, last = whole.split() or [""]
    return " ".join(first), last


def named(name: str) -> str:
    """Return the reference to a practitioner known by name only."""
    return f"named:{name}" if name else ""


def appointment(values: dict[str, str], where: Where) -> RawAppointment:
    """Map one row of an appointment file."""
    starts = values.get("starts") or f"{values.get('day', '')} {values.get('clock', '')}"
    day = starts.split(" ")[0].split("T")[0]
    ends = values.get("ends", "")
    if CLOCK.match(ends):  # a bare clock time belongs to the day of the start
        ends = f"{day} {ends}"
    number = values.get("practitioner_id", "")
    return RawAppointment(
        where=where,
        external_id=values.get("external_id", ""),
        patient=patient_names(values),
        practitioner=[f"{HPR}|{number}"] * bool(number) + [f"named:{values.get('practitioner', '')}"],
        place=values.get("place", ""),
        types=[values.get("type", "")],
        starts=starts,
        ends=ends,
        minutes=values.get("minutes", ""),
        status=values.get("status", ""),
    )


def patient_names(values: dict[str, str]) -> list[str]:
    """Return how the row names its patient: by identity number and by local number."""
    number = values.get("national_number", "").replace(" ", "").replace("\u00a0", "")
    local = values.get("local_number", "")
    return [f"nin:{number}"] * bool(number) + [f"local:{local}"] * bool(local)


def entry(values: dict[str, str], where: Where) -> RawEntry:
    """Map one row of a journal file."""
    return RawEntry(
        where=where,
        type=ENTRY_TYPES.get(values["type"].lower(), ""),
        external_id=values.get("external_id", ""),
        patient=patient_names(values),
        codings=[[values.get("system", ""), values.get("code", ""), ""]],
        text=values.get("text", ""),
        medication="",
        starts=values["starts"],
        ends=values.get("ends", ""),
        is_over=False,
        answer=values.get("value", ""),
        unit=values.get("unit", ""),
        refusal="",
    )


MAPPINGS: dict[str, Callable[[dict[str, str], Where], Raw]] = {
    PATIENT_FILE: patient,
    APPOINTMENT_FILE: appointment,
    JOURNAL_FILE: entry,
}
