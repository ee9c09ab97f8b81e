"""The manager's import page: check first, then import, never lost."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from clinics.models import Role
from integrations import storage, views
from integrations.models import ImportRun, State
from integrations.tasks import run_import
from patients.models import ConsentChange, Patient
from tests.factories import AppointmentTypeFactory, MembershipFactory

pytestmark = pytest.mark.django_db
CSV = "pasientnr;fornavn;etternavn;mobil\nA-1;Åse;Bjørnstad;42000001\nA-2;;Dahl;\n"


@pytest.fixture(autouse=True)
def _private_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    settings.STATIC_ROOT = tmp_path  # WhiteNoise warns when the folder is missing


@pytest.fixture
def worker(monkeypatch, django_capture_on_commit_callbacks):
    """Collect what a worker is asked for, and let it work when the test says so."""
    asked = []
    monkeypatch.setattr(views.run_import, "apply_async", lambda args, **options: asked.append(args[0]))

    def work():
        while asked:
            run_import(asked.pop(0))

    work.asked = asked
    return work


def log_in(client, role=Role.MANAGER):
    membership = MembershipFactory(role=role)
    Authenticator.objects.create(user=membership.user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    client.force_login(membership.user)
    return membership


def upload(client, content=CSV, name="pasienter.csv", **fields):
    file = SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
    return client.post(reverse("integrations:import_new"), {"file": file, "consent": "file", **fields})


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    """Run what waits for the commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_file_is_checked_first_and_imported_on_demand(client, worker, commit):
    log_in(client)
    with commit():
        page = upload(client).url
    worker()

    checked = client.get(page).content.decode()

    assert not Patient.objects.exists()
    assert "Pasienter opprettet" in checked
    assert "Navn mangler" in checked
    with commit():
        client.post(reverse("integrations:import_start", args=[ImportRun.objects.get().pk]))
    worker()
    run = ImportRun.objects.get()
    assert (run.state, Patient.objects.count()) == (State.DONE, 1)
    assert not storage.path_of(run.stored).exists()
    report = b"".join(client.get(reverse("integrations:import_report", args=[run.pk])).streaming_content).decode()
    assert "Navn mangler" in report
    assert "Bjørnstad" not in report


def test_page_asks_each_second_and_stops_by_itself(client, worker, commit):
    log_in(client)
    with commit():
        page = upload(client).url

    waiting = client.get(page, headers={"HX-Request": "true"}).content.decode()
    worker()
    ready = client.get(page, headers={"HX-Request": "true"}).content.decode()

    assert 'hx-trigger="every 1s"' in waiting
    assert "Oppdater siden" in waiting
    assert "hx-trigger" not in ready
    assert "<html" not in ready


def test_consent_for_all_is_the_managers_own_choice(client, worker, commit):
    """Spec B3."""
    manager = log_in(client).user
    with commit():
        upload(client, consent="collected")
    worker()
    with commit():
        client.post(reverse("integrations:import_start", args=[ImportRun.objects.get().pk]))
    worker()

    line = ConsentChange.objects.get()
    assert (line.how, line.by) == ("batch", manager)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"content": b""}, "tom"),
        ({"content": b"\x00\x01"}, "ikke en CSV-fil"),
        ({"content": "hei;du\n1;2"}, "ikke kjent"),
        ({"content": "{", "name": "b.json"}, "ikke gyldig JSON"),
        ({"content": json.dumps({"resourceType": "Bundle"}), "name": "b.json"}, "ingen FHIR"),
        ({"consent": ""}, "Velg om samtykke"),
        ({"type_map": "bare tekst"}, "navn i filen = timetype"),
        ({"type_map": "A = Finnes ikke"}, "ingen timetype"),
        ({"practitioner": "99999"}, "gyldig valg"),
    ],
)
def test_refused_upload_says_so_at_the_field_and_leaves_no_file(client, fields, message, tmp_path):
    log_in(client)

    response = upload(client, **fields)

    assert response.status_code == 422
    assert message in response.content.decode()
    assert not ImportRun.objects.exists()
    assert not [path for path in Path(tmp_path).rglob("*") if path.is_file()]


def test_oversized_upload_is_refused(client, settings):
    settings.IMPORT_MAX_BYTES = 10
    log_in(client)

    response = upload(client)

    assert response.status_code == 422
    assert "for stor" in response.content.decode()


def test_typed_values_survive_a_refusal(client):
    membership = log_in(client)
    AppointmentTypeFactory(clinic=membership.clinic, name="Kontroll")

    response = upload(client, content="x", type_map="K1 = Kontroll", consent="collected")

    page = response.content.decode()
    assert "K1 = Kontroll" in page
    assert re.search(r'value="collected"[^>]*checked', page)


def test_file_that_breaks_off_later_is_kept_and_told(client, worker, commit):
    log_in(client)
    with commit():
        page = upload(client, content=CSV + '"A-3;Per;Moen;\n').url
    worker()

    run = ImportRun.objects.get()
    assert run.state == State.REFUSED
    assert storage.path_of(run.stored).exists()
    assert "anførselstegn" in client.get(page).content.decode()


def test_import_that_stopped_can_be_run_again(client, worker, commit, monkeypatch):
    log_in(client)
    with commit():
        page = upload(client).url
    monkeypatch.setattr("integrations.runs.attempt", lambda run, now: 1 / 0)
    worker()
    assert "Prøv igjen" in client.get(page).content.decode()
    monkeypatch.undo()

    run = ImportRun.objects.get()
    run.begin(State.IMPORTING, timezone.now())
    run_import(run.pk)

    assert ImportRun.objects.get().state == State.DONE
    assert Patient.objects.count() == 1


def test_pressing_twice_starts_once(client, worker, commit):
    log_in(client)
    with commit():
        upload(client)
    worker()
    start = reverse("integrations:import_start", args=[ImportRun.objects.get().pk])

    for _ in range(2):
        with commit():
            client.post(start)

    assert len(worker.asked) == 1


def test_second_worker_leaves_a_running_import_alone(client, worker, commit):
    log_in(client)
    with commit():
        upload(client)
    ImportRun.objects.update(beat_at=timezone.now())

    worker()

    assert ImportRun.objects.get().state == State.CHECKING


def test_import_without_a_sign_of_life_can_be_started_again(client, worker, commit):
    log_in(client)
    with commit():
        page = upload(client).url
    ImportRun.objects.update(beat_at=timezone.now() - timedelta(minutes=3))

    response = client.get(page).content.decode()

    assert "står stille" in response
    assert "every 1s" not in response


def test_empty_list_helps_and_others_may_not_see_it(client):
    log_in(client)
    assert "Ingenting er importert ennå" in client.get(reverse("integrations:imports")).content.decode()

    client.logout()
    log_in(client, Role.SECRETARY)

    assert client.get(reverse("integrations:imports")).status_code == 403


@pytest.mark.parametrize("name", ["import_run", "import_report"])
def test_other_clinics_import_is_unknown(client, worker, commit, name):
    """Spec A7."""
    log_in(client)
    with commit():
        upload(client)
    worker()
    client.logout()
    log_in(client)

    assert client.get(reverse(f"integrations:{name}", args=[ImportRun.objects.get().pk])).status_code == 404
    assert client.post(reverse("integrations:import_start", args=[ImportRun.objects.get().pk])).status_code == 404
