"""The dated tariff: which takst holds on which day, and how a file is loaded (spec F1)."""

from __future__ import annotations

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from economy import loading, tariff_file
from economy.models import Tariff
from tests.economy.conftest import SHIPPED
from tests.factories import TariffFactory

HEAD = "takst;tekst;gyldig_fra;gyldig_til;honorar;refusjon;egenandel;kilde\n"


@pytest.fixture
def load(tmp_path: Path, db: None):
    """Load these lines as the command does; returns what it said."""

    def run(*lines: str, **options: bool) -> str:
        file = tmp_path / "tariff.csv"
        file.write_text(HEAD + "\n".join(lines), encoding="utf-8")
        said = StringIO()
        call_command("load_tariff", file, stdout=said, **options)
        return said.getvalue()

    return run


def codes(day: date) -> set[str]:
    """Return the taksts of the day."""
    return set(Tariff.objects.on(day).values_list("code", flat=True))


def test_1be_ended_when_1bd_took_over(tariff: None) -> None:
    """spec F1, and the law: 1be was removed 1 July 2022."""
    assert "1be" in codes(date(2022, 6, 30))
    assert "1be" not in codes(date(2022, 7, 1))
    assert Tariff.objects.of_code("1bd", date(2026, 11, 23)).fee_ore == 7_200


def test_the_shipped_tariff_adds_up_and_does_not_overlap(tariff: None) -> None:
    rows = list(Tariff.objects.order_by("code", "valid_from"))

    assert all(row.fee_ore == row.refund_ore + row.patient_ore for row in rows)
    for before, after in zip(rows, rows[1:], strict=False):
        assert before.code != after.code or (before.valid_to and before.valid_to < after.valid_from)
    assert codes(date(2026, 11, 23)) >= {"1ad", "1bd", "1bk", "2ad", "2ae", "2ak", "10a", "10d", "701a", "701c", "705k"}


@pytest.mark.parametrize("day", [date(2023, 12, 31), date(2024, 1, 1), date(2024, 6, 30), date(2024, 7, 1)])
def test_both_ends_of_a_period_belong_to_it(day: date, db: None) -> None:
    TariffFactory(code="X", valid_from=date(2024, 1, 1), valid_to=date(2024, 6, 30))

    assert ("X" in codes(day)) == (date(2024, 1, 1) <= day <= date(2024, 6, 30))


@pytest.mark.parametrize(
    ("text", "first"),
    [("2A", "2ad"), ("crp", "705k"), ("BLOD FÆCES", "704j"), ("takin prøve", "701a"), ("701", "701a")],
)
def test_taksts_are_found_by_code_or_words(text: str, first: str, tariff: None) -> None:
    """spec F1: æøå and capitals do not stand in the way, on any database."""
    assert Tariff.objects.matching(text, date(2026, 11, 23), 8)[0].code == first


@pytest.mark.parametrize("text", ["", "   ", "%", "_", "' OR 'zz'='zz' --", "zzz"])
def test_nonsense_finds_nothing(text: str, tariff: None) -> None:
    assert Tariff.objects.matching(text, date(2026, 11, 23), 8) == []


def test_the_same_file_twice_changes_nothing(tariff: None) -> None:
    """spec F1: updatable from a file, idempotent."""
    before, said = list(Tariff.objects.order_by("pk").values()), StringIO()

    call_command("load_tariff", SHIPPED, stdout=said)

    assert list(Tariff.objects.order_by("pk").values()) == before
    assert "0 av " in said.getvalue()


def test_a_new_year_ends_the_old_period(load) -> None:
    load("X1;Prøve;2023-07-01;;72;11;61;2023")

    said = load("X1;Prøve;2026-07-01;;80,50;12,50;68;2026", end_previous=True)

    assert "X1 fra 2026-07-01 er ny, perioden fra 2023-07-01 slutter 2026-06-30" in said
    assert Tariff.objects.of_code("X1", date(2026, 6, 30)).patient_ore == 6_100
    assert Tariff.objects.of_code("X1", date(2026, 7, 1)).fee_ore == 8_050


WRONG = {
    "X1;Prøve;2026-07-01;;80;12;60;k": "honorar er ikke refusjon",
    "X1;Prøve;2026-07-01;2026-06-30;72;11;61;k": "gyldig_til er før",
    "X1;Prøve;01.07.2026;;72;11;61;k": "gyldig_fra er ikke en dato",
    ";Prøve;2026-07-01;;72;11;61;k": "takst mangler",
    "X1;Prøve;2026-07-01;;-72;-11;-61;k": "utenfor",
    "X1;Prøve;2026-07-01;;syttito;11;61;k": "honorar er ikke et beløp",
    "X1;Prøve;2026-07-01;;72;11;61;k;for mye": "flere felter",
    "X123456789012;Prøve;2026-07-01;;72;11;61;k": "over 12 tegn",
    "OLD;Prøve;2024-01-01;;72;11;61;k": "overlapper perioden fra 2020-01-01",
    "OLD;Prøve;2019-01-01;2020-01-01;72;11;61;k": "overlapper",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_file_with_an_error_changes_nothing(line: str, load) -> None:
    """All lines or none; the line and what is wrong with it are named."""
    TariffFactory(code="OLD", valid_from=date(2020, 1, 1))
    before = list(Tariff.objects.order_by("pk").values())

    with pytest.raises(CommandError, match="1 linjer har feil. Ingenting er endret"):
        load("GOD;Prøve;2026-07-01;;72;11;61;k", line)

    assert list(Tariff.objects.order_by("pk").values()) == before
    (said,) = loading.load(tariff_file.read([HEAD, line])).lines
    assert said.startswith("linje 2: feil: ")
    assert WRONG[line] in said


def test_a_dry_run_says_what_would_happen_and_writes_nothing(load) -> None:
    count = Tariff.objects.count()

    said = load("X1;Prøve;2026-07-01;;72;11;61;k", dry_run=True)

    assert "linje 2: X1 fra 2026-07-01 er ny" in said
    assert "ville blitt endret" in said
    assert Tariff.objects.count() == count


@pytest.mark.parametrize("content", [b"takst;tekst\n1;2\n", b"\xff\xfe\x00", b""])
def test_an_unreadable_file_is_refused(content: bytes, tmp_path: Path, db: None) -> None:
    (tmp_path / "x.csv").write_bytes(content)

    with pytest.raises(CommandError, match="kan ikke leses"):
        call_command("load_tariff", tmp_path / "x.csv")
    with pytest.raises(CommandError, match="kan ikke leses"):
        call_command("load_tariff", tmp_path / "finnes-ikke.csv")


def test_rules_are_read_from_their_columns() -> None:
    columns = "frikort;ikke_med;unntatt;bare_med;krever;gjentas;per_dag"
    head = f"takst;tekst;gyldig_fra;gyldig_til;honorar;refusjon;egenandel;kilde;{columns}"
    line = "X;Y;2026-07-01;;72;11;61;k;nei;1 2ak;1e;;701a;nei;ja"

    (row,) = tariff_file.read([head, line])

    assert row.fields["is_exemptible"] is False
    assert row.fields["rules"] == {
        "not_with": ["1", "2ak"],
        "except": ["1e"],
        "needs": ["701a"],
        "once": True,
        "once_per_day": True,
    }
