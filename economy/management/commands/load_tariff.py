"""Load a dated tariff (spec F1)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from economy import tariff_file
from economy.loading import load


class Command(BaseCommand):
    """`manage.py load_tariff FILE [--dry-run] [--end-previous]`; docs/tariff.md lists the columns."""

    help = "Last inn takster fra en CSV-fil; samme fil to ganger endrer ingenting"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="bare vis hva som ville skje")
        parser.add_argument("--end-previous", action="store_true", help="avslutt åpne perioder dagen før de nye")

    def handle(self, *args: Any, **options: Any) -> str:
        """Load. Raises CommandError, having changed nothing, when any line is wrong."""
        rows = self.rows(options["file"])
        report = load(rows, dry_run=options["dry_run"], end_previous=options["end_previous"])
        for line in report.lines:
            self.stdout.write(line)
        if report.errors:
            raise CommandError(f"{report.errors} linjer har feil. Ingenting er endret.")
        done = "ville blitt endret" if options["dry_run"] else "er endret"
        return f"{report.changes} av {len(rows)} linjer {done}."

    @staticmethod
    def rows(path: Path) -> list[tariff_file.Row]:
        """Read the file. Raises CommandError."""
        try:
            with path.open(encoding="utf-8-sig", newline="") as lines:
                return tariff_file.read(lines)
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise CommandError(f"Filen kan ikke leses: {error}") from error
