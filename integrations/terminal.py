"""What the two import commands share: their options, their progress and their summary."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from clinics.access import Right, rights_of
from clinics.models import Clinic, Membership, Practitioner, User
from integrations import running
from integrations.order import Order
from integrations.reasons import FileRefused, Weight
from integrations.records import Raw
from integrations.report import Report
from integrations.words import summary

SHOWN = 50  # lines printed; --report has them all


def add_options(parser: CommandParser) -> None:
    """Add the options of both commands."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="filer eller mapper")
    parser.add_argument("--clinic", required=True, help="klinikkens navn eller nummer")
    parser.add_argument("--dry-run", action="store_true", help="vis hva som vil skje, uten å lagre")
    parser.add_argument("--consent-collected", action="store_true", help="samtykke er innhentet i gammelt system")
    parser.add_argument("--by", metavar="E-POST", help="klinikklederen som står for importen")
    parser.add_argument(
        "--type-map", action="append", default=[], metavar="I_FILEN=TIMETYPE", help="kobling av timetyper, kan gjentas"
    )
    parser.add_argument("--practitioner", metavar="NAVN", help="behandler for timer uten behandler")
    parser.add_argument("--report", type=Path, metavar="FIL", help="skriv hele rapporten hit (CSV)")


def run(options: dict[str, Any], read: Callable[[Path, Report], Iterator[Raw]], *suffixes: str) -> str:
    """Run the import and return the summary. Raises CommandError."""
    paths = files(options["paths"], suffixes)
    with ExitStack() as stack:
        target = options["report"]
        sink = stack.enter_context(target.open("w", encoding="utf-8", newline="")) if target else None
        order = order_of(options, Report(sink))
        started = time.monotonic()
        try:
            running.run((read(path, order.report) for path in paths), order)
        except FileRefused as refused:
            raise CommandError(str(refused)) from refused
    return told(order, time.monotonic() - started)


def files(paths: list[Path], suffixes: tuple[str, ...]) -> list[Path]:
    """Return the files, those of folders in order of name. Raises CommandError when one is missing."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise CommandError(f"Finner ikke {path}.")
        inside = sorted(file for file in path.rglob("*") if file.suffix.lower() in suffixes)
        found += inside if path.is_dir() else [path]
    return found


def order_of(options: dict[str, Any], report: Report) -> Order:
    """Return what the command line asks for. Raises CommandError."""
    clinic = clinic_of(options["clinic"])
    by = manager_of(clinic, options["by"])
    if options["consent_collected"] and not by:
        raise CommandError("--consent-collected er et valg som noen står for: oppgi --by.")
    return Order(
        clinic=clinic,
        now=timezone.now(),
        by=by,
        consent_collected=options["consent_collected"],
        dry_run=options["dry_run"],
        type_map=type_map(options["type_map"]),
        practitioner=practitioner_of(clinic, options["practitioner"]),
        report=report,
        progress=print_progress,
    )


def clinic_of(text: str) -> Clinic:
    """Return the clinic by number or name. Raises CommandError."""
    found = Clinic.objects.filter(pk=text) if text.isdecimal() else Clinic.objects.filter(name__iexact=text)
    if not (clinic := found.first()):
        raise CommandError(f"Finner ikke klinikken «{text}».")
    return clinic


def manager_of(clinic: Clinic, email: str | None) -> User | None:
    """Return the user if they may import at the clinic. Raises CommandError."""
    if not email:
        return None
    membership = Membership.objects.of(clinic).filter(user__email__iexact=email).select_related("user").first()
    if membership is None or Right.IMPORT not in rights_of(membership):
        raise CommandError(f"{email} kan ikke importere ved {clinic}. Oppgi klinikklederen.")
    user: User = membership.user
    return user


def practitioner_of(clinic: Clinic, name: str | None) -> Practitioner | None:
    """Return the clinic's practitioner of that name. Raises CommandError."""
    if not name:
        return None
    found: Practitioner | None = Practitioner.objects.of(clinic).filter(name__iexact=name).first()
    if not found:
        raise CommandError(f"Klinikken har ingen behandler «{name}».")
    return found


def type_map(pairs: list[str]) -> dict[str, str]:
    """Return name or code in the file → name of a type. Raises CommandError."""
    for pair in pairs:
        if "=" not in pair:
            raise CommandError(f"Skriv --type-map som navn i filen = timetype, ikke «{pair}».")
    return {said.strip(): name.strip() for said, name in (pair.split("=", 1) for pair in pairs)}


def print_progress(stage: str, done: int, total: int) -> None:
    """Tell on stderr how far it has come."""
    print(f"{stage}: {done}" + (f" / {total}" if total else ""), file=sys.stderr, flush=True)


def told(order: Order, seconds: float) -> str:
    """Return the summary that the command prints."""
    report = order.report
    rows = sum(count for name, count in report.counts.items() if name.startswith(("read.", "other.")))
    lines = [f"{words}: {number}" for words, number in summary(report.counts)]
    shown = [" · ".join(line.cells()) for line in report.kept[:SHOWN]]
    weights = tuple(f"{weight.value}." for weight in Weight)
    total = sum(count for name, count in report.counts.items() if name.startswith(weights))
    if total > len(shown):
        shown.append(f"… og {total - len(shown)} linjer til. Bruk --report for å få alle.")
    head = "Prøvekjøring: ingenting er lagret." if order.dry_run else f"Importert til {order.clinic}."
    return "\n".join(
        [head, *lines, *shown, f"{rows} rader på {seconds:.1f} s: {rows / max(seconds, 0.001):.0f} rader/s"]
    )
