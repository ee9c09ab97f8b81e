"""The manager's import, from file to report (spec B3, D11)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.front_desk import MANAGER, FrontDesk

pytestmark = [pytest.mark.browser]
HEADER = "lokalt nummer;fornavn;etternavn;fødselsdato;e-post;mobil;samtykke"


def people(path: Path, number: int = 40) -> Path:
    """Write a file of patients; one has a phone number that is none."""
    lines = [
        f"I{n};Kjellaug;Nummer {n};12.03.1961;kjellaug{n}@example.com;{'12' if n == 7 else 42300000 + n};ja"
        for n in range(number)
    ]
    path.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    return path


def upload(page: Page, file: Path) -> None:
    """Choose a file and have it checked."""
    page.goto("/import/")
    page.get_by_role("link", name="Ny import").click()
    page.get_by_label("Fil", exact=True).set_input_files(file)
    page.get_by_label("Nei. Bruk det som står i filen").check()
    page.get_by_role("button", name="Last opp og kontroller").click()


def test_file_is_checked_then_imported_and_reported(desk: FrontDesk, tmp_path: Path) -> None:
    """Nothing is saved before «Importer»; the page follows by itself, and the report can be kept."""
    page = desk.staff(MANAGER)
    upload(page, people(tmp_path / "pasienter.csv"))
    expect(page.get_by_text("Ingenting er lagret ennå")).to_be_visible()
    assert desk.house.sql("SELECT count(*) FROM patients_patient WHERE local_number LIKE 'I%%'") == [(0,)]

    page.get_by_role("button", name="Importer").click()
    expect(page.get_by_text("Importen er ferdig")).to_be_visible()
    expect(page.get_by_role("row", name="pasienter.csv 9 ")).to_contain_text("Telefonnummeret er ikke gyldig")
    with page.expect_download() as download:
        page.get_by_role("link", name="Last ned rapporten").click()

    assert "Telefonnummeret er ikke gyldig" in download.value.path().read_text(encoding="utf-8-sig")
    assert desk.house.sql("SELECT count(*) FROM patients_patient WHERE local_number LIKE 'I%%'") == [(40,)]
    page.goto("/pasienter/")
    page.get_by_role("textbox", name="Navn, fødselsdato").fill("Nummer 12")
    page.get_by_role("main").get_by_role("button", name="Søk").click()
    expect(page.get_by_role("link", name="Kjellaug Nummer 12")).to_be_visible()


def test_file_that_is_no_import_is_refused_at_its_field(desk: FrontDesk, tmp_path: Path) -> None:
    """The message stands where the file was chosen, and says what to look for."""
    page = desk.staff(MANAGER)
    broken = tmp_path / "bilde.csv"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00 ikke en tabell")

    upload(page, broken)

    field = page.get_by_label("Fil", exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator(f"#{field.get_attribute('id')}_error")).to_contain_text("Ingenting er importert")
