"""Each risk group of the influenza programme: who is in it, on what, and who only looks so (research 4.1; spec H1)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from patients.models import CodeSystem, EntryType
from selection.risk_models import RiskPerson, Weight
from tests.factories import PatientFactory
from tests.selection_risk.conftest import MONDAY

ICPC2, ICD10, ATC = CodeSystem.ICPC2, CodeSystem.ICD10, CodeSystem.ATC
FORTY = date(1986, 5, 4)
CERTAIN, WEAK, REVIEW = Weight.CERTAIN, Weight.WEAK, Weight.REVIEW

DIAGNOSES = [
    *[(ICPC2, code, "lung", CERTAIN) for code in ("R79", "R95", "R96", "R96.0001")],
    (ICPC2, "R99", "lung", WEAK),
    *[(ICD10, code, "lung", CERTAIN) for code in ("J40", "J45.9", "J47", "E84.0")],
    *[(ICPC2, f"K{n}", "heart", CERTAIN) for n in (71, 73, 74, 75, 76, 77, 78, 82, 83, 84, 87, 89, 90, 91, 92, 93)],
    *[(ICD10, code, "heart", CERTAIN) for code in ("I20", "I28.9", "I34", "I50.1", "I60", "I69.4")],
    *[(ICPC2, code, "diabetes", CERTAIN) for code in ("T89", "T90", "T90.0001")],
    *[(ICD10, code, "diabetes", CERTAIN) for code in ("E10", "E11.9", "E14")],
    (ICPC2, "D97", "liver", REVIEW),
    (ICPC2, "D72", "liver", WEAK),
    *[(ICD10, code, "liver", CERTAIN) for code in ("K70", "K74.6", "K77", "B18.2")],
    *[(ICPC2, code, "kidney", CERTAIN) for code in ("U99", "U891", "U88")],
    *[(ICD10, code, "kidney", CERTAIN) for code in ("N18.4", "N19", "Z99.2", "Z992")],
    *[(ICPC2, code, "neuro", CERTAIN) for code in ("N86", "N87", "N99", "N85", "N70", "P85")],
    *[(ICPC2, code, "neuro", REVIEW) for code in ("N88", "P70")],
    *[(ICD10, code, "neuro", CERTAIN) for code in ("G10", "G14", "G20", "G35", "G71.0", "G83")],
    *[(ICPC2, code, "immunity", CERTAIN) for code in ("B72", "B73", "B74", "B90", "B79", "L88", "D94")],
    (ICPC2, "B99", "immunity", WEAK),
    *[(ICPC2, code, "immunity", CERTAIN) for code in ("A79", "D74", "D77", "L71", "N74", "S77", "U75", "U77")],
    *[(ICPC2, code, "immunity", CERTAIN) for code in ("X75", "X77", "Y77", "Y78", "R84", "R85")],
    *[(ICD10, code, "immunity", CERTAIN) for code in ("D80", "D84.1", "Z94.0", "B20", "B24", "M05", "M06.9")],
    *[(ICD10, code, "immunity", CERTAIN) for code in ("K50", "K51", "C00", "C50.9", "C97", "D73", "Q89.0")],
    *[(ICPC2, "T82", "obesity", REVIEW), (ICD10, "E66.0", "obesity", REVIEW)],
    *[(ICPC2, "A90", "other", REVIEW), (ICD10, "Q90", "other", REVIEW), (ICD10, "Q91.3", "other", REVIEW)],
]


def test_the_diagnoses_of_each_group_are_found_with_their_weight(analyse, enter, clinic):
    people = [PatientFactory(clinic=clinic, birth_date=FORTY) for _row in DIAGNOSES]
    for patient, (system, code, _group, _weight) in zip(people, DIAGNOSES, strict=True):
        enter(patient, code, system=system)

    seen = set(analyse().evidence.values_list("patient", "system", "code", "group", "weight"))

    assert {(patient.pk, *row) for patient, row in zip(people, DIAGNOSES, strict=True)} - seen == set()


NOT_ALONE = [
    *[(ICPC2, code) for code in ("K86", "K85", "W85", "R74", "R97", "K70", "K72", "K79", "K81", "K88", "T91", "D96")],
    *[(ICPC2, code) for code in ("U95", "N79", "N89", "P71", "B71", "B80", "L87", "D93", "A91", "X74", "X78", "A93")],
    *[
        (ICD10, code)
        for code in ("I10", "I15.9", "I29", "I52", "I70", "J39", "J48", "E15", "K78", "G15", "N17", "Z99.1")
    ],
    *[(ICD10, code) for code in ("C98", "D79", "D85", "B19", "Q92", "Z93", "R79")],
]


def test_diagnoses_that_only_look_so_are_not_found(analyse, enter, clinic):
    for system, code in NOT_ALONE:
        enter(PatientFactory(clinic=clinic, birth_date=FORTY), code, system=system)

    assert list(analyse().evidence.values_list("system", "code")) == []


def test_well_controlled_hypertension_with_a_heart_medicine_is_only_for_review(analyse, enter, kari):
    enter(kari, "K86")
    enter(kari, "B01AA03", type=EntryType.MEDICINE, system=ATC)

    assert RiskPerson.objects.get(analysis=analyse(), patient=kari).weight == REVIEW


@pytest.mark.parametrize("system", [CodeSystem.ICD10, CodeSystem.ATC, CodeSystem.OTHER])
def test_the_same_code_of_another_system_is_not(found, enter, kari, system):
    enter(kari, "R95", system=system)

    assert found(kari) == []


MEDICINES = [
    *[(code, "lung", REVIEW) for code in ("R03AC02", "R03")],
    *[(code, "heart", REVIEW) for code in ("C01AA05", "C01BD01", "C01DA14", "B01AA03", "B01AE07", "B01AF01")],
    ("C03CA01", "heart", WEAK),
    *[(code, "diabetes", REVIEW) for code in ("A10AB05", "A10BA02", "A10BJ06", "A10BK03")],
    *[(code, "kidney", REVIEW) for code in ("V03AE02", "B03XA01")],
    *[(code, "neuro", REVIEW) for code in ("N04BA02", "N07XX02", "L03AB07")],
    *[(code, "immunity", CERTAIN) for code in ("L01BA01", "L04AX03")],
    ("L02BA01", "immunity", WEAK),
    *[(code, "obesity", WEAK) for code in ("A08AA62", "A10BJ06")],
]


def test_medicines_in_use_are_evidence_of_their_weight(analyse, enter, clinic):
    people = [PatientFactory(clinic=clinic, birth_date=FORTY) for _row in MEDICINES]
    for patient, (code, _group, _weight) in zip(people, MEDICINES, strict=True):
        enter(patient, code, type=EntryType.MEDICINE, system=ATC, starts_on=date(2019, 2, 1))

    seen = set(analyse().evidence.values_list("patient", "code", "group", "weight"))

    assert {(patient.pk, *row) for patient, row in zip(people, MEDICINES, strict=True)} - seen == set()


def test_other_medicines_are_not(found, enter, kari):
    for code in ("C02CA04", "C03AA03", "C07AB02", "B01AC06", "R06AE07", "H03AA01", "N02BE01", "L03AX13"):
        enter(kari, code, type=EntryType.MEDICINE, system=ATC)

    assert found(kari) == []


@pytest.mark.parametrize(
    ("ended", "is_found"), [(date(2025, 11, 22), False), (date(2025, 11, 23), True), (MONDAY, True)]
)
def test_a_medicine_counts_for_twelve_months_after_its_end(found, enter, kari, ended, is_found):
    enter(kari, "R03AC02", type=EntryType.MEDICINE, system=ATC, starts_on=date(2019, 2, 1), ends_on=ended)

    assert bool(found(kari)) is is_found


@pytest.mark.parametrize(("days", "is_found"), [(89, False), (90, True)])
def test_steroids_count_after_three_months(found, enter, kari, days, is_found):
    begun = date(2026, 3, 1)
    medicine = {"type": EntryType.MEDICINE, "system": ATC, "starts_on": begun}
    enter(kari, "H02AB06", ends_on=begun + timedelta(days=days), **medicine)

    assert bool(found(kari)) is is_found


@pytest.mark.parametrize(("days", "is_found"), [(89, False), (90, True)])
def test_steroids_without_an_end_count_after_three_months(found, enter, kari, days, is_found):
    enter(kari, "H02AB06", type=EntryType.MEDICINE, system=ATC, starts_on=MONDAY - timedelta(days=days))

    assert bool(found(kari)) is is_found


@pytest.mark.parametrize(
    ("code", "system", "day", "is_found"),
    [
        ("X76", ICPC2, date(2021, 11, 23), True),
        ("X76", ICPC2, date(2021, 11, 22), False),
        ("C50", ICD10, date(2021, 11, 23), True),
        ("C50", ICD10, date(2021, 11, 22), False),
        ("B72", ICPC2, date(1999, 1, 1), True),
        ("R95", ICPC2, date(1999, 1, 1), True),
    ],
)
def test_cancer_counts_for_five_years_and_chronic_illness_for_good(found, enter, kari, code, system, day, is_found):
    enter(kari, code, system=system, starts_on=day)

    assert bool(found(kari)) is is_found


@pytest.mark.parametrize(("ended", "is_found"), [(date(2026, 11, 22), False), (MONDAY, True), (None, True)])
def test_a_chronic_illness_that_is_over_does_not_count(found, enter, kari, ended, is_found):
    enter(kari, "R96", starts_on=date(2010, 1, 1), ends_on=ended)

    assert bool(found(kari)) is is_found


def test_what_begins_tomorrow_does_not_count(found, enter, kari):
    enter(kari, "R96", starts_on=MONDAY + timedelta(days=1))

    assert found(kari) == []


@pytest.mark.parametrize(
    ("born", "is_found"),
    [(date(1961, 12, 31), True), (date(1962, 1, 1), False), (date(1930, 1, 1), True), (None, False)],
)
def test_whoever_turns_65_in_the_seasons_first_year_is_found(found, clinic, born, is_found):
    patient = PatientFactory(clinic=clinic, birth_date=born)

    assert found(patient) == (["age"] if is_found else [])


def measure(enter, patient, code, value, day, **fields):
    """Write a measurement."""
    known = {"type": EntryType.OBSERVATION, "system": CodeSystem.OTHER, "starts_on": day}
    return enter(patient, code, value=Decimal(value), **(known | fields))


@pytest.mark.parametrize(("value", "is_found"), [("35", False), ("35.1", True), ("42", True), ("20", False)])
def test_a_body_mass_index_over_35_is_found(found, enter, kari, value, is_found):
    measure(enter, kari, "BMI", value, date(2026, 2, 1))

    assert found(kari) == (["obesity-bmi"] if is_found else [])


def test_only_the_newest_body_mass_index_counts(found, enter, kari):
    measure(enter, kari, "BMI", "41", date(2026, 2, 1))
    measure(enter, kari, "39156-5", "33", date(2026, 3, 1))

    assert found(kari) == []


@pytest.mark.parametrize(("day", "is_found"), [(date(2024, 11, 23), True), (date(2024, 11, 22), False)])
def test_a_body_mass_index_counts_for_24_months(found, enter, kari, day, is_found):
    measure(enter, kari, "BMI", "41", day)

    assert bool(found(kari)) is is_found


@pytest.mark.parametrize(("born", "is_found"), [(date(2008, 11, 23), True), (date(2008, 11, 24), False)])
def test_a_childs_body_mass_index_is_not_compared_with_an_adults(found, enter, clinic, born, is_found):
    child = PatientFactory(clinic=clinic, birth_date=born)
    measure(enter, child, "BMI", "41", date(2026, 2, 1))

    assert bool(found(child)) is is_found


@pytest.mark.parametrize(
    ("values", "rules"),
    [
        ([("29", 0)], ["kidney-egfr30"]),
        ([("30", 0)], []),
        ([("29", 10), ("45", 0)], []),
        ([("59", 90), ("58", 0)], ["kidney-egfr60"]),
        ([("59", 89), ("58", 0)], []),
        ([("60", 90), ("58", 0)], []),
        ([("59", 200), ("75", 100), ("58", 0)], ["kidney-egfr60"]),
        ([("59", 500), ("58", 300), ("80", 0)], ["kidney-egfr60"]),
        ([("59", 800), ("58", 0)], []),
        ([("25", 200), ("24", 0)], ["kidney-egfr30", "kidney-egfr60"]),
    ],
)
def test_a_low_filtration_is_found_once_under_30_or_twice_under_60(found, enter, kari, values, rules):
    for value, days in values:
        measure(enter, kari, "NOR25909", value, MONDAY - timedelta(days=days))

    assert found(kari) == rules


def pregnant(enter, patient, weeks, code="W78", system=ICPC2):
    """Write a pregnancy that was recorded so many weeks ago."""
    return enter(patient, code, system=system, starts_on=MONDAY - timedelta(weeks=weeks))


@pytest.mark.parametrize("code", ["W78", "W781", "W84", "W85"])
def test_a_pregnancy_is_certain_after_twelve_weeks(analyse, enter, kari, code):
    pregnant(enter, kari, 12, code)

    assert RiskPerson.objects.get(analysis=analyse(), patient=kari).weight == CERTAIN


def test_an_early_pregnancy_is_for_review(found, enter, kari):
    pregnant(enter, kari, 11)

    assert found(kari) == ["pregnancy-icpc2-early"]


@pytest.mark.parametrize("code", ["W82", "W83", "W90", "W95", "W99"])
def test_a_pregnancy_ends(found, enter, kari, code):
    pregnant(enter, kari, 20)
    enter(kari, code, starts_on=MONDAY)

    assert found(kari) == []


def test_a_pregnancy_after_a_birth_counts(found, enter, kari):
    enter(kari, "W90", starts_on=MONDAY - timedelta(weeks=30))
    pregnant(enter, kari, 14)

    assert found(kari) == ["pregnancy-icpc2", "pregnancy-icpc2-early"]


def test_an_old_pregnancy_is_over(found, enter, kari):
    enter(kari, "W78", starts_on=date(2026, 2, 22))

    assert found(kari) == []


@pytest.mark.parametrize(("code", "is_found"), [("Z34", True), ("O24", True), ("O80", False), ("O03", False)])
def test_hospital_codes_of_a_pregnancy(found, enter, kari, code, is_found):
    pregnant(enter, kari, 14, code, ICD10)

    assert bool(found(kari)) is is_found


@pytest.mark.parametrize(
    ("born", "is_found"),
    [
        (date(2026, 5, 23), True),
        (date(2026, 5, 24), False),
        (date(2020, 11, 24), True),
        (date(2020, 11, 23), False),
    ],
)
@pytest.mark.parametrize(("system", "code"), [(ICPC2, "A93"), (ICD10, "P07.3")])
def test_born_too_early_counts_from_six_months_to_the_end_of_the_sixth_year(
    found, enter, clinic, born, is_found, system, code
):
    child = PatientFactory(clinic=clinic, birth_date=born)
    enter(child, code, system=system, starts_on=born)

    assert bool(found(child)) is is_found
