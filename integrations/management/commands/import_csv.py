"""Import patients, appointments or journal entries from CSV (spec B3, D11)."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from integrations import csv_columns, csv_fields, terminal


class Command(BaseCommand):
    """`manage.py import_csv PATH… --clinic NAVN`; docs/import.md lists the columns."""

    help = "Importer pasienter, timer eller journalinnslag fra CSV"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        terminal.add_options(parser)
        parser.add_argument(
            "--kind", choices=sorted(csv_columns.ALIASES), default="", help="leses ellers av overskriften"
        )

    def handle(self, *args: Any, **options: Any) -> str:
        """Run."""
        return terminal.run(options, partial(csv_fields.read, kind=options["kind"]), ".csv", ".txt")
