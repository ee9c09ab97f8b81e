"""What the columns of a clinic's CSV file mean; docs/import.md lists the names for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from integrations import csv_reading
from integrations.fhir_fields import HPR
from integrations.reasons import FileRefused, Reason
from integrations.records import Raw, RawAppointment, RawPatient
from integrations.report import Report, Where
from integrations.times import CLOCK
from patients.names import search_key

PATIENTS = {
    "national_number": "fødselsnummer fnr fødselsnr personnummer personnr f.nr. d-nummer nin",
    "local_number": "lokalt_nummer lokalnummer pasientnummer pasientnr journalnummer pasientid pasient_id id",
    "given_name": "fornavn given_name first_name",
    "family_name": "etternavn family_name last_name",
    "name": "navn pasient pasientnavn name",
    "birth_date": "fødselsdato født fødd fdato birth_date",
    "sex": "kjønn sex gender",
    "email": "e-post epostadresse e-postadresse mail email",
    "phone": "mobil mobilnummer mobilnr mobiltelefon mobiltlf mobile",
    "other_phone": "telefon telefonnummer tlf phone",
    "consent": "samtykke consent",
    "preferred_method": "varslingsmetode foretrukket_varslingsmetode foretrukket_metode varsling",
    "practitioner": "fastlege",
}
APPOINTMENTS = {
    "external_id": "time_id timeid avtaleid avtale_id timenummer ekstern_id id",
    "national_number": "fødselsnummer fnr fødselsnr personnummer personnr f.nr. d-nummer nin",
    "local_number": "lokalt_nummer lokalnummer pasientnummer pasientnr journalnummer pasientid pasient_id",
    "practitioner_id": "behandler_id behandlerid hpr hpr-nummer hprnr",
    "practitioner": "behandler lege terapeut behandlernavn practitioner",
    "place": "sted rom lokasjon place",
    "type": "timetype type avtaletype",
    "starts": "start starttid starttidspunkt fra tidspunkt",
    "day": "dato",
    "clock": "klokkeslett kl klokken tid",
    "ends": "slutt sluttid sluttidspunkt til",
    "minutes": "varighet minutter varighet_min lengde",
    "status": "status",
}
PATIENT_FILE, APPOINTMENT_FILE = "patients", "appointments"
ALIASES = {PATIENT_FILE: PATIENTS, APPOINTMENT_FILE: APPOINTMENTS}
SEXES = {"k": "female", "kvinne": "female", "female": "female", "f": "female"} | dict.fromkeys(
    ("m", "mann", "male"), "male"
)


def folded(header: str) -> str:
    """Return a column name so that «Fødselsdato», «FODSELSDATO» and «fødsels-dato» meet."""
    return search_key(header.replace("_", " ").replace("-", "").replace(".", "")).replace(" ", "")


KNOWN = {
    kind: {folded(alias): field for field, aliases in reversed(columns.items()) for alias in aliases.split()}
    for kind, columns in ALIASES.items()
}


def kind_of(header: list[str]) -> str:
    """Return whether the columns are those of patients or of appointments. Raises FileRefused."""
    names = {folded(cell) for cell in header}
    times = {KNOWN[APPOINTMENT_FILE].get(name) for name in names}
    if "starts" in times or {"day", "clock"} <= times:
        return APPOINTMENT_FILE
    people = {KNOWN[PATIENT_FILE].get(name) for name in names}
    if "name" in people or {"given_name", "family_name"} <= people:
        return PATIENT_FILE
    raise FileRefused(
        "Overskriftene er ikke kjent. Pasienter trenger fornavn og etternavn, timer trenger start. "
        "Se etter at første rad er overskriften. Ingenting er importert."
    )


def columns_of(header: list[str], kind: str) -> dict[str, int]:
    """Return field → column number. Raises FileRefused for a name that stands twice, or is missing."""
    columns: dict[str, int] = {}
    for number, cell in enumerate(header):
        field = KNOWN[kind].get(folded(cell))
        if field in columns:
            raise FileRefused(
                f"To kolonner betyr det samme: «{header[columns[field]][:40]}» og «{cell[:40]}». "
                "Fjern den ene. Ingenting er importert."
            )
        if field:
            columns[field] = number
    refuse_missing(columns, kind)
    return columns


def refuse_missing(columns: dict[str, int], kind: str) -> None:
    """Raise FileRefused when no row of the file could be imported."""
    if not columns.keys() & {"national_number", "local_number"}:
        raise FileRefused("Kolonnen for fødselsnummer eller lokalt nummer mangler. Ingenting er importert.")
    if kind == PATIENT_FILE and not ("name" in columns or {"given_name", "family_name"} <= columns.keys()):
        raise FileRefused("Kolonnene for fornavn og etternavn mangler. Ingenting er importert.")
    if kind == APPOINTMENT_FILE and not ("starts" in columns or {"day", "clock"} <= columns.keys()):
        raise FileRefused("Kolonnen for start (eller dato og klokkeslett) mangler. Ingenting er importert.")


def read(path: Path, report: Report, name: str = "", kind: str = "") -> Iterator[Raw]:
    """Yield the rows of one file. `kind` is read from the header unless given. Raises FileRefused."""
    rows = csv_reading.rows(path)
    _, header = next(rows, (0, []))
    if not header:
        raise FileRefused(csv_reading.EMPTY)
    kind = kind or kind_of(header)
    columns = columns_of(header, kind)
    for number, cells in rows:
        where = Where(name or path.name, number, "pasient" if kind == PATIENT_FILE else "time")
        report.count(f"read.{kind}")
        if len(cells) != len(header):
            report.refuse(where, Reason.UNREADABLE)
            continue
        values = {field: cells[column] for field, column in columns.items()}
        yield patient(values, where) if kind == PATIENT_FILE else appointment(values, where)


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
    return [f"nin:{number}"] * bool(number) + [f"local:{values['local_number']}"] * bool(values.get("local_number"))
