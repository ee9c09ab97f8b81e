"""CSV from spreadsheets and old systems (research: peers.md §5; threats 19, 20)."""

import csv
import io
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinics.cells import formula_safe
from integrations import csv_columns, csv_fields
from integrations.reasons import FileRefused, Reason
from integrations.report import Report, Where
from patients.models import Patient

HEADER = "Fødselsnummer;Lokalt nummer;Fornavn;Etternavn;Fødselsdato;Kjønn;E-post;Mobil;Samtykke;Varslingsmetode\r\n"
ROW = "209146 95016;A-1;Åse;Bjørnstad;20.11.1946;K;ase@example.com;42 00 00 01;ja;SMS\r\n"


@pytest.mark.parametrize(
    "content",
    [
        (HEADER + ROW).encode(),
        (HEADER + ROW).encode("utf-8-sig"),
        (HEADER + ROW).encode("cp1252"),
        (HEADER + ROW).replace(";", ",").encode(),
        (HEADER + ROW).replace(";", "\t").encode(),
        (HEADER + ROW).replace("\r\n", "\n").encode(),
        (HEADER + ROW).replace("\r\n", "\r").encode(),
        (HEADER + ROW).upper().replace("EXAMPLE.COM", "example.com").encode(),
        (HEADER + "\r\n;;;;;;;;;\r\n" + ROW).encode(),
        (HEADER + ROW.replace("20.11.1946", "1946-11-20")).encode(),
    ],
)
def test_spreadsheets_ways_of_writing_give_the_same_card(run, write, content):
    report = run(write(content))

    card = Patient.objects.get()
    assert report.refused == 0
    assert (card.given_name.title(), card.birth_date, card.sex) == ("Åse", date(1946, 11, 20), "female")
    assert (card.mobile, card.consent, card.preferred_method) == ("+4742000001", "given", "sms")
    assert (card.person.national_number, card.local_number) == ("20914695016", "A-1")


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("fornavn;etternavn;fnr", "patients"),
        ("Navn;Pasientnr", "patients"),
        ("Pasientnummer;Behandler;Start;Slutt", "appointments"),
        ("Fnr;Lege;Dato;Kl.;Varighet", "appointments"),
    ],
)
def test_header_tells_patients_from_appointments(header, kind):
    assert csv_columns.kind_of(header.split(";")) == kind


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "tom"),
        (b"\r\n\r\n", "tom"),
        (b"hei;du\r\n1;2", "ikke kjent"),
        (b"fornavn;etternavn\r\nKari;Holm", "mangler"),
        (b"pasientnr;behandler\r\n1;2", "ikke kjent"),
        (b"fornavn;etternavn;fnr;personnummer\r\n", "betyr det samme"),
        (b"fornavn;etternavn;fnr\r\nKari;Holm;\x00", "bin"),
        ("fornavn;etternavn;fnr\r\n".encode("utf-16"), "bin"),
        (b'fornavn;etternavn;fnr\r\n"Kari;Holm;1\r\n', "linje"),
        (b'fornavn;etternavn;fnr\r\n"Kari"x;Holm;1\r\n', "linje"),
        (b"fornavn;etternavn;fnr\r\n" + b"x" * 10_000_000, "for lang"),
        (b'fornavn;etternavn;fnr\r\n"' + b"x;\r\n" * 100_000, "linje"),
        (b"fornavn;etternavn;fnr\r\nK\x81ri;Holm;1", "Tegnsettet"),
    ],
)
def test_file_that_is_no_csv_is_refused_whole(run, write, content, message):
    with pytest.raises(FileRefused, match=message):
        run(write(content))

    assert not Patient.objects.exists()


def test_oversized_file_is_refused_unread(run, write, settings):
    settings.IMPORT_MAX_BYTES = 10

    with pytest.raises(FileRefused, match="for stor"):
        run(write(HEADER + ROW))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Åse": ""}, "refused.no_name"),
        ({"Åse": "?"}, None),
        ({"Bjørnstad": "x" * 151}, "refused.long_name"),
        ({"20.11.1946": "29.02.1947"}, "refused.bad_birth_date"),
        ({"20.11.1946": "31/31/1946"}, "refused.bad_birth_date"),
        ({"20.11.1946": "i går"}, "refused.bad_birth_date"),
        ({"20.11.1946": "01.01.2999"}, "refused.bad_birth_date"),
        ({"209146 95016;A-1": ";"}, "refused.no_identity"),
        ({";SMS": ""}, "refused.unreadable"),
        ({"42 00 00 01": "4,79E+09"}, "left_out.spreadsheet_phone"),
        ({"42 00 00 01": "123"}, "left_out.bad_phone"),
        ({"ase@example.com": "ase(at)example.com"}, "left_out.bad_email"),
        ({"209146 95016": "209146 95017"}, "left_out.bad_number"),
        ({"209146 95016": "13097248022"}, "left_out.wrong_world"),
        ({";ja;": ";kanskje;"}, "left_out.bad_consent"),
        ({"SMS": "brevdue"}, "left_out.bad_method"),
    ],
)
def test_refused_value_leaves_the_person_and_refused_row_says_why(run, write, changes, reason):
    row = ROW
    for old, new in changes.items():
        row = row.replace(old, new)

    report = run(write(HEADER + row))

    problems = [name for name in report.counts if name.startswith(("refused.", "left_out."))]
    assert problems == ([reason] if reason else [])
    assert Patient.objects.count() == (0 if reason and reason.startswith("refused") else 1)


def test_formula_in_a_name_is_a_name(run, write):
    run(write(HEADER + ROW.replace("Åse", "=cmd|' /C calc'!A0")))

    assert Patient.objects.get().given_name == "=cmd|' /C calc'!A0"


def test_cell_that_a_spreadsheet_would_run_is_made_text():
    """Threat 19."""
    for start in "=+-@\t\r":
        assert formula_safe(f"{start}1+1") == f"'{start}1+1"
    assert formula_safe("Åse") == "Åse"


@given(st.text(max_size=30))
def test_report_has_no_formula_whatever_the_file_is_called(name):
    sink = io.StringIO()
    Report(sink).refuse(Where(name, 1, name), Reason.NO_NAME)

    cells = [cell for row in csv.reader(io.StringIO(sink.getvalue()[1:]), delimiter=";") for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


def test_report_hides_identity_numbers_used_as_ids():
    report = Report()

    report.refuse(Where("fil", 1, "Patient/20914695016"), Reason.NO_NAME)

    assert report.kept[0].label == "Patient/•••"


BITS = st.sampled_from(
    [b";", b",", b'"', b"\r\n", b"\n", b"\r", b"\xef\xbb\xbf", b"\xe5", "å".encode(), b"29.02.1947", b"=cmd|x", b"\0"]
    + [b"4,79E+09", b"20914695016", b"ja", b"Kari", b"-", b"\t", b" ", b"\x81", b"'", b"99.99.9999", b"\xed\xa0\x80"]
)
ANY_FILE = st.one_of(st.binary(max_size=200), st.lists(BITS, max_size=40).map(b"".join))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(rest=ANY_FILE, with_header=st.booleans())
def test_any_bytes_are_rows_or_a_refusal(tmp_path, rest, with_header):
    path = tmp_path / "fuzz.csv"
    path.write_bytes((HEADER.encode() if with_header else b"") + rest)
    report = Report()

    try:
        rows = list(csv_fields.read(path, report))
    except FileRefused as refused:
        rows = []
        message = str(refused)
        assert message.endswith("Ingenting er importert.")

    assert all("\0" not in value for row in rows for value in row if isinstance(value, str))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    cells=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=15),
        min_size=10,
        max_size=10,
    )
)
def test_any_cells_are_a_card_or_a_line(run, write, cells):
    Patient.objects.all().delete()
    line = io.StringIO()
    csv.writer(line, delimiter=";").writerow(cells)

    try:
        report = run(write(HEADER.encode() + line.getvalue().encode()))
    except FileRefused:
        return

    assert Patient.objects.count() + report.refused == report.counts["read.patients"]
