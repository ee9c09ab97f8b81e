"""Import patients, practitioners, appointments and journal entries from FHIR R4 (spec B3, D11)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from integrations import fhir, terminal


class Command(BaseCommand):
    """`manage.py import_fhir PATH… --clinic NAVN`; docs/import.md explains the options."""

    help = "Importer pasienter, behandlere, timer og journalinnslag fra FHIR R4 (JSON, NDJSON)"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        terminal.add_options(parser)

    def handle(self, *args: Any, **options: Any) -> str:
        """Run."""
        return terminal.run(options, fhir.read, ".json", ".ndjson")
