"""Files to import, and the one way to run an import in a test."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from integrations import csv_fields, fhir, running
from integrations.order import Order
from tests.factories import ClinicFactory

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def clinic(db):
    return ClinicFactory(is_demo=True)


@pytest.fixture
def write(tmp_path):
    """Write a file and return its path; text goes out as UTF-8."""

    def written(content, name="fil.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


@pytest.fixture
def run(clinic):
    """Import files and return the report."""

    def imported(*paths, at=NOW, to=None, **options):
        order = Order(clinic=to or clinic, now=at, **options)
        readers = {".json": fhir.read, ".ndjson": fhir.read}
        sources = (readers.get(path.suffix, csv_fields.read)(path, order.report) for path in paths)
        return running.run(sources, order)

    return imported
