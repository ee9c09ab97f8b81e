"""What the counters of an import are called on the page and in the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.reasons import Reason, Weight

COUNTERS = {
    "practitioners.created": "Behandlere opprettet",
    "practitioners.unchanged": "Behandlere som fantes fra før",
    "patients.created": "Pasienter opprettet",
    "patients.unchanged": "Pasienter som fantes fra før",
    "patients.repeated": "Pasienter som sto flere ganger i filen",
    "patients.unreachable": "… av de nye uten e-post og mobilnummer: kan ikke varsles",
    "patients.no_consent": "… av de nye uten samtykke: får ingen varsler",
    "consents.recorded": "Samtykker registrert",
    "places.created": "Steder opprettet",
    "appointments.created": "Timer opprettet",
    "appointments.history": "… av dem historikk (tidligere eller avlyst)",
    "appointments.unchanged": "Timer som fantes fra før",
    "appointments.repeated": "Timer som sto flere ganger i filen",
    "entries.created": "Journalinnslag opprettet",
    "entries.changed": "Journalinnslag endret",
    "entries.unchanged": "Journalinnslag som fantes fra før",
    "entries.removed": "Journalinnslag fjernet: feilført eller ikke gitt",
    "entries.repeated": "Journalinnslag som sto flere ganger i filen",
    "reminders.planned": "Påminnelser som planlegges, 48 timer før timen",
    "reminders.none": "Ingen påminnelse: timen er om mindre enn 48 timer",
    "reminders.type_off": "Ingen påminnelse: varsling er av for timetypen",
    "reminders.module_off": "Ingen påminnelse: varsler for Timebok er av",
}
READ = {
    "read.patients": "Pasientrader lest",
    "read.appointments": "Timerader lest",
    "read.journal": "Journalrader lest",
    "read.Patient": "Pasienter lest (Patient)",
    "read.Practitioner": "Behandlere lest (Practitioner)",
    "read.Appointment": "Timer lest (Appointment)",
    "read.Condition": "Diagnoser lest (Condition)",
    "read.MedicationStatement": "Legemidler lest (MedicationStatement)",
    "read.MedicationRequest": "Resepter lest (MedicationRequest)",
    "read.Medication": "Legemidler andre viser til (Medication)",
    "read.Observation": "Målinger og prøver lest (Observation)",
    "read.Encounter": "Kontakter lest (Encounter)",
    "read.Immunization": "Vaksiner lest (Immunization)",
    "read.Organization": "Organisasjoner lest, ikke lagret (Organization)",
}
STAGES = {
    "": "Venter på tur",
    "read": "Leser filen",
    "practitioners": "Behandlere",
    "patients": "Pasienter",
    "appointments": "Timer",
    "journal": "Journal",
}


def changed(foreseen: Mapping[str, int], counts: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """Return (words, shown before, result) where an import did otherwise than its check said: time had passed."""
    names = {**dict.fromkeys(foreseen), **dict.fromkeys(counts)} if foreseen else {}
    rows = [(COUNTERS[name], foreseen.get(name, 0), counts.get(name, 0)) for name in COUNTERS if name in names]
    return [row for row in rows if row[1] != row[2]]


def summary(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return (words, number) for every counter that is not zero, in reading order."""
    named = {**READ, **COUNTERS}
    rows = [(words, counts[name]) for name, words in named.items() if counts.get(name)]
    others = sorted(name for name in counts if name.startswith("other."))
    rows += [(f"Lest, ikke importert: {name.removeprefix('other.')}", counts[name]) for name in others]
    for weight in Weight:
        for reason in Reason:
            if number := counts.get(f"{weight.value}.{reason.value}"):
                rows.append((f"{weight.label}: {reason.label}", number))
    return rows
