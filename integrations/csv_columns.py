"""Which columns a clinic's CSV files have, by the names people give them; docs/import.md lists them for people."""

from __future__ import annotations

from integrations.reasons import FileRefused
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
    "postal_code": "postnummer postnr",
    "municipality": "kommunenummer kommunenr kommune",
    "has_econtact": "ep-kontakt epkontakt e-kontakt",
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
JOURNAL = {
    "external_id": "innslags_id innslagsid journal_id journalid ekstern_id id",
    "national_number": "fødselsnummer fnr fødselsnr personnummer personnr f.nr. d-nummer nin",
    "local_number": "lokalt_nummer lokalnummer pasientnummer pasientnr journalnummer pasientid pasient_id",
    "type": "type innslagstype",
    "system": "kodeverk kodesystem",
    "code": "kode",
    "text": "tekst beskrivelse betegnelse",
    "starts": "fra dato startdato fra_dato",
    "ends": "til sluttdato til_dato",
    "value": "verdi resultat svar",
    "unit": "enhet benevning",
}
PATIENT_FILE, APPOINTMENT_FILE, JOURNAL_FILE = "patients", "appointments", "journal"
ALIASES = {PATIENT_FILE: PATIENTS, APPOINTMENT_FILE: APPOINTMENTS, JOURNAL_FILE: JOURNAL}


def folded(header: str) -> str:
    """Return a column name so that «Fødselsdato», «FODSELSDATO» and «fødsels-dato» meet."""
    return search_key(header.replace("_", " ").replace("-", "").replace(".", "")).replace(" ", "")


KNOWN = {
    kind: {folded(alias): field for field, aliases in reversed(columns.items()) for alias in aliases.split()}
    for kind, columns in ALIASES.items()
}


def kind_of(header: list[str]) -> str:
    """Return whether the columns are those of patients, appointments or journal entries. Raises FileRefused."""
    names = {folded(cell) for cell in header}
    entries = {KNOWN[JOURNAL_FILE].get(name) for name in names}
    if "type" in entries and entries & {"code", "system"}:
        return JOURNAL_FILE
    times = {KNOWN[APPOINTMENT_FILE].get(name) for name in names}
    if "starts" in times or {"day", "clock"} <= times:
        return APPOINTMENT_FILE
    people = {KNOWN[PATIENT_FILE].get(name) for name in names}
    if "name" in people or {"given_name", "family_name"} <= people:
        return PATIENT_FILE
    raise FileRefused(
        "Overskriftene er ikke kjent. Pasienter trenger fornavn og etternavn, timer trenger start, "
        "journalinnslag trenger type, kode og fra. "
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
    if kind == JOURNAL_FILE and not ({"type", "starts"} <= columns.keys() and columns.keys() & {"code", "text"}):
        raise FileRefused("Kolonnene for type, fra eller kode (eller tekst) mangler. Ingenting er importert.")
