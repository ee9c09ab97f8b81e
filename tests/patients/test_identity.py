"""What an 11-digit number is (research: domain.md §2)."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from patients.identity import Kind, Synthetic, clean_national_number, parse
from tests.factories import ClinicFactory

NO, YES, MAYBE = Synthetic.NO, Synthetic.YES, Synthetic.AMBIGUOUS
VECTORS = [
    ("13097248022", Kind.FNR, NO, date(1972, 9, 13), "female", True),
    ("29029648784", Kind.FNR, NO, date(1996, 2, 29), "male", True),
    ("15021951940", Kind.FNR, NO, date(2019, 2, 15), "male", True),
    ("29020075838", Kind.FNR, NO, date(2000, 2, 29), "female", True),
    ("53097248016", Kind.D, NO, date(1972, 9, 13), "female", True),
    ("13527248013", Kind.H, MAYBE, date(1972, 12, 13), "female", True),
    ("15507600333", Kind.H, MAYBE, date(1976, 10, 15), "male", True),
    ("29422059278", Kind.H, MAYBE, date(2020, 2, 29), "female", True),
    ("55507608360", Kind.D, MAYBE, date(1976, 10, 15), "male", True),
    ("69422056629", Kind.D, MAYBE, date(2020, 2, 29), "female", True),
    ("68467038838", Kind.D, MAYBE, date(1970, 6, 28), "female", True),
    ("20914695016", Kind.FNR, YES, date(1946, 11, 20), "female", True),
    ("10915596784", Kind.FNR, YES, date(1955, 11, 10), "male", True),
    ("47908702367", Kind.D, YES, date(1987, 10, 7), "male", True),
    ("47908500667", Kind.D, YES, date(1985, 10, 7), "female", True),
    ("47906701517", Kind.D, YES, date(1967, 10, 7), "male", True),
    ("02013299903", Kind.FNR, NO, None, "", False),
    ("30108299939", Kind.FNR, NO, None, "", False),
    ("02013299997", Kind.FNR, NO, date(2032, 1, 2), "", True),
    ("02013299806", Kind.FNR, NO, date(2032, 1, 2), "", True),
    ("30108299920", Kind.FNR, NO, date(1982, 10, 30), "male", True),
    ("81234567055", Kind.FH, NO, None, "", True),
]


@pytest.mark.parametrize(("text", "kind", "synthetic", "birth_date", "sex", "is_classic"), VECTORS)
def test_number_is_told_apart(text, kind, synthetic, birth_date, sex, is_classic):
    number = parse(text)

    found = (number.kind, number.synthetic, number.birth_date, number.sex, number.is_classic)
    assert found == (kind, synthetic, birth_date, sex, is_classic)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("13097248032", "check_digits"),
        ("13097248023", "check_digits"),
        ("15064312345", "check_digits"),
        ("00000000000", "date"),
        ("31028010020", "date"),
        ("1309724802", "length"),
        ("", "length"),
        ("1309724802a", "length"),
        ("١٣٠٩٧٢٤٨٠٢٢", "length"),
        ("201234567890", "duf"),
    ],
)
def test_invalid_number_is_refused_with_its_reason(text, code):
    with pytest.raises(ValidationError) as refused:
        parse(text)

    assert refused.value.code == code
    assert refused.value.message


@pytest.mark.parametrize("text", ["130972 48022", " 13 09 72 48022 ", "130972-48022", "130972\u00a048022"])
def test_spaces_in_a_number_do_not_matter(text):
    assert parse(text).digits == "13097248022"


@given(st.text(max_size=14))
def test_any_text_is_a_number_or_a_refusal(text):
    try:
        number = parse(text)
    except ValidationError:
        return

    assert len(number.digits) == 11


@pytest.mark.parametrize(
    ("text", "is_demo", "code"),
    [
        ("13097248022", False, None),
        ("53097248016", False, None),
        ("81234567055", False, None),
        ("02013299903", False, None),
        ("20914695016", False, "synthetic"),
        ("47908702367", False, "synthetic"),
        ("13527248013", False, "h_number"),
        ("20914695016", True, None),
        ("47908702367", True, None),
        ("13527248013", True, None),
        ("13097248022", True, "real"),
        ("53097248016", True, "real"),
        ("81234567055", True, "real"),
    ],
)
def test_demo_clinic_takes_invented_persons_and_others_real_ones(text, is_demo, code):
    clinic = ClinicFactory.build(is_demo=is_demo)

    try:
        cleaned, refusal = clean_national_number(text, clinic=clinic), None
    except ValidationError as error:
        cleaned, refusal = None, error.code

    assert (cleaned, refusal) == ((text, None) if code is None else (None, code))
