"""Write CSV files with invented patients, appointments and journal entries, for tests and measurements."""

from __future__ import annotations

import csv
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from overview.management.synthetic import Invented, people

PATIENT_HEADER = ["Fødselsnummer", "Lokalt nummer", "Fornavn", "Etternavn", "Fødselsdato", "Kjønn"]
PATIENT_HEADER += ["E-post", "Mobil", "Samtykke", "Varslingsmetode"]
APPOINTMENT_HEADER = ["Time-id", "Lokalt nummer", "Behandler", "Sted", "Timetype", "Start", "Varighet", "Status"]
JOURNAL_HEADER = ["Innslagsid", "Lokalt nummer", "Type", "Kodeverk", "Kode", "Tekst", "Fra", "Til", "Verdi", "Enhet"]
ENTRIES = (
    ("diagnose", "ICPC-2", "T90", "Diabetes type 2", ""),
    ("legemiddel", "ATC", "A10BA02", "Metformin", ""),
    ("måling", "NPU", "NPU27300", "HbA1c", "mmol/mol"),
    ("kontakt", "", "", "Konsultasjon", ""),
    ("vaksine", "ATC", "J07BB02", "Influensavaksine", ""),
)
DOCTORS = [f"Lege {letter}" for letter in "ABCDEFGH"]
TYPES = ("Kontroll", "Blodprøve", "Årskontroll")
STATUSES = ("avtalt",) * 18 + ("avlyst", "avbestilt")


class Command(BaseCommand):
    """`manage.py make_csv --patients 5000 --appointments 20000 --entries 20000 --out MAPPE`."""

    help = "Skriv pasienter.csv, timer.csv og journal.csv med oppdiktede personer"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("--patients", type=int, default=5000)
        parser.add_argument("--appointments", type=int, default=20_000)
        parser.add_argument("--entries", type=int, default=0, help="journalinnslag; ingen fil når det er 0")
        parser.add_argument("--out", type=Path, required=True)
        parser.add_argument("--seed", type=int, default=7)

    def handle(self, *args: Any, **options: Any) -> str:
        """Write both files, row by row."""
        folder: Path = options["out"]
        folder.mkdir(parents=True, exist_ok=True)
        chance = Random(options["seed"])  # nosec B311 - invented rows need no secrecy
        with (folder / "pasienter.csv").open("w", encoding="utf-8-sig", newline="") as file:
            rows = (
                patient(number, who, chance)
                for number, who in enumerate(islice(people(options["seed"]), options["patients"]))
            )
            write(file, PATIENT_HEADER, rows)
        with (folder / "timer.csv").open("w", encoding="utf-8-sig", newline="") as file:
            rows = (appointment(number, options["patients"], chance) for number in range(options["appointments"]))
            write(file, APPOINTMENT_HEADER, rows)
        if options["entries"]:
            with (folder / "journal.csv").open("w", encoding="utf-8-sig", newline="") as file:
                rows = (entry(number, options["patients"], chance) for number in range(options["entries"]))
                write(file, JOURNAL_HEADER, rows)
        return ", ".join(str(path) for path in sorted(folder.glob("*.csv")))


def write(file: Any, header: list[str], rows: Any) -> None:
    """Write a file as Norwegian spreadsheets do: semicolons, CRLF."""
    writer = csv.writer(file, delimiter=";")
    writer.writerow(header)
    writer.writerows(rows)


def patient(number: int, who: Invented, chance: Random) -> list[str]:
    """Return one row; some lack a number, an address, a phone or consent."""
    return [
        who.national_number if chance.random() < 0.97 else "",
        f"P{number:07d}",
        who.given_name,
        who.family_name,
        f"{who.birth_date:%d.%m.%Y}",
        "K" if who.sex == "female" else "M",
        who.email if chance.random() < 0.8 else "",
        who.mobile.removeprefix("+47") if chance.random() < 0.9 else "",
        chance.choice(("ja", "ja", "ja", "nei", "")),
        chance.choice(("", "", "SMS", "E-post", "begge")),
    ]


def appointment(number: int, patients: int, chance: Random) -> list[str]:
    """Return one row, up to a year back and half a year ahead, in opening hours."""
    day = date.today() + timedelta(days=chance.randrange(-365, 180))
    starts = datetime.combine(day, time(8 + number % 7, chance.choice((0, 15, 30, 45))))
    return [
        f"T{number:08d}",
        f"P{chance.randrange(max(patients, 1)):07d}",
        chance.choice(DOCTORS),
        f"Rom {chance.randrange(1, 6)}",
        chance.choice(TYPES),
        f"{starts:%d.%m.%Y %H:%M}",
        chance.choice(("15", "30", "45")),
        chance.choice(STATUSES),
    ]


def entry(number: int, patients: int, chance: Random) -> list[str]:
    """Return one journal row of the last ten years."""
    kind, system, code, text, unit = chance.choice(ENTRIES)
    day = date.today() - timedelta(days=chance.randrange(3650))
    value = f"{chance.randrange(380, 900) / 10:.1f}".replace(".", ",") if unit else ""
    owner = f"P{chance.randrange(max(patients, 1)):07d}"
    return [f"J{number:08d}", owner, kind, system, code, text, f"{day:%d.%m.%Y}", "", value, unit]
