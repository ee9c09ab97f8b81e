"""Uploads do not pile up, and an import whose wake-up was lost is run all the same."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations import runs, storage, tasks
from integrations.models import Format, ImportRun, State
from patients.models import Patient
from tests.factories import MembershipFactory

CSV = "fornavn;etternavn;lokalt nummer;fødselsdato\nOla;Nordmann;A1;01.02.1980\n".encode()


@pytest.fixture(autouse=True)
def _private_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path


def uploaded(**fields):
    """An upload that nobody has worked on yet."""
    member = MembershipFactory(role="manager")
    fields = {"format": Format.CSV, "name": "p.csv", "stored": storage.keep([CSV])} | fields
    return ImportRun.objects.create(clinic=member.clinic, created_by=member.user, **fields)


def test_lost_wake_up_costs_a_tick(db):
    run = uploaded(state=State.IMPORTING)

    tasks.run_waiting()

    run.refresh_from_db()
    assert run.state == State.DONE
    assert Patient.objects.of(run.clinic).count() == 1


def test_old_uploads_are_deleted_and_the_page_says_so(db):
    """research: threat 37. An upload holds a whole patient list."""
    old = uploaded(state=State.CHECKED, asked_at=timezone.now() - timedelta(days=31))
    new = uploaded(state=State.CHECKED, asked_at=timezone.now() - timedelta(days=29))

    assert runs.forget_old(timezone.now()) == 1

    assert not storage.path_of(old.stored).exists()
    assert storage.path_of(new.stored).exists()
    old.refresh_from_db()
    assert (old.state, old.stored) == (State.REFUSED, "")
    assert "30 dager" in old.message
