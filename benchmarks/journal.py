"""Journal search at a million patients and ten million entries: the first page, a later one, and how many there are."""

from __future__ import annotations

import time
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from benchmarks.figures import p95, report, scale
from benchmarks.pages import log_in, ok
from benchmarks.world import make_clinic

BOUND = ("<", 500)  # ms
TIMES = 20
PATIENTS = """
INSERT INTO patients_patient (clinic_id, local_number, given_name, family_name, search_name, birth_date, sex, email,
    email_dead, mobile, is_landline, mobile_dead, preferred_method, consent, postal_code, municipality, has_econtact,
    created_at)
SELECT %(clinic)s, 'P' || n, 'Ola' || n %% 500, 'Nordmann' || n %% 3000, 'ola' || n %% 500 || ' nordmann' || n %% 3000,
    date '1930-01-01' + (n * 7919 %% 34000)::int, (ARRAY['female', 'male'])[1 + n %% 2], 'p' || n || '@example.com', '',
    '+4742' || lpad((n %% 1000000)::text, 6, '0'), false, '', '', 'given', '0150', '0301', n %% 3 = 0, now()
FROM generate_series(1::bigint, %(count)s) AS n
"""
# Ten a patient: four contacts, two diagnoses, two medicines, two measurements, over eight years. Of a hundred patients
# five have T90 and eight K86; one in ten thousand uses lithium.
ENTRIES = """
INSERT INTO patients_journalentry (clinic_id, patient_id, type, system, code, text, starts_on, ends_on, value, unit,
    external_id)
SELECT clinic_id, id,
    (ARRAY['contact', 'contact', 'contact', 'contact', 'diagnosis', 'diagnosis', 'medicine', 'medicine', 'observation',
        'observation'])[1 + k],
    (ARRAY['other', 'other', 'other', 'other', 'icpc2', 'icpc2', 'atc', 'atc', 'npu', 'other'])[1 + k],
    CASE WHEN k < 4 THEN '' WHEN k = 4 AND h %% 100 < 5 THEN 'T90' WHEN k = 4 AND h %% 100 < 13 THEN 'K86'
        WHEN k < 6 THEN (ARRAY['R', 'L', 'A', 'D', 'S'])[1 + h %% 5] || lpad((h %% 99)::text, 2, '0')
        WHEN k = 6 AND h %% 10000 = 0 THEN 'N05AN01'
        WHEN k < 8 THEN (ARRAY['A10BA02', 'C07AB02', 'N02BE01', 'R03AC02', 'C10AA05'])[1 + h %% 5]
        WHEN k = 8 AND h %% 100 < 8 THEN 'NPU27300' WHEN k = 8 THEN 'NPU0' || 1000 + h %% 200 ELSE 'BT' END,
    '', current_date - (h %% 2900)::int, CASE WHEN k IN (5, 7) THEN current_date - (h %% 2900)::int + 14 END,
    CASE WHEN k >= 8 THEN 40 + h %% 40 END, '', ''
FROM (
    SELECT id, clinic_id, k, (id * 7919 + k * 104729) %% 1000003 AS h
    FROM patients_patient, generate_series(0, 9) AS k WHERE clinic_id = %(clinic)s
) AS drawn
"""
T90 = {"kind": "diagnosis", "codes": ["T90"], "system": "icpc2"}
SEARCHES: dict[str, list[dict[str, Any]]] = {
    "diabetes_without_hba1c": [
        T90,
        {"kind": "observation", "codes": ["NPU27300"], "period": {"days": 365}, "not": True},
    ],
    "age_and_sex": [{"kind": "age", "from": 65}, {"kind": "sex", "sex": "female"}],
    "rare_medicine": [{"kind": "medicine", "codes": ["N05AN"], "active": True}],
    "no_contact": [{"kind": "contact", "period": {"days": 730}, "not": True}],
    "either_or": [
        {
            "kind": "any",
            "of": [T90, {"kind": "diagnosis", "codes": ["K86-K87"], "system": "icpc2"}, {"kind": "age", "from": 85}],
        },
        {"kind": "electronic", "how": "either"},
        {"kind": "observation", "codes": ["BT"], "comparison": "gt", "value": "60", "latest": True},
    ],
}


def run() -> None:
    """Fill a clinic, and time five searches as staff run them: the whole request, the count included."""
    from selection.compiling import matching
    from selection.reading import read
    from selection.saved import version_of

    clinic = make_clinic()
    fill(clinic.pk, scale(1_000_000))
    client = log_in(clinic)
    user, today = clinic_user(client), timezone.localdate()
    for name, leaves in SEARCHES.items():
        root = read({"version": 1, "root": {"kind": "all", "of": leaves}})
        hits = matching(root, clinic, today)
        report(f"journal_hits_{name}", hits.count(), "patients")
        report(f"journal_count_{name}", p95(hits.count, TIMES), "ms p95")
        url = reverse("selection:results", args=[version_of(root, clinic=clinic, by=user).pk])
        report(f"journal_first_page_{name}", p95(lambda url=url: ok(client.get(url)), TIMES), "ms p95", BOUND)


def clinic_user(client: Any) -> Any:
    """Return who is logged in."""
    from clinics.models import User

    return User.objects.get(pk=client.session["_auth_user_id"])


def fill(clinic: int, count: int) -> None:
    """Insert patients and ten entries for each; the indexes are built afterwards, which is much quicker."""
    from patients.journal import JournalEntry

    began = time.monotonic()
    indexes = JournalEntry._meta.indexes
    with connection.schema_editor() as editor:
        for index in indexes:
            editor.remove_index(JournalEntry, index)
    with connection.cursor() as cursor:
        cursor.execute(PATIENTS, {"clinic": clinic, "count": count})
        cursor.execute(ENTRIES, {"clinic": clinic})
    with connection.schema_editor() as editor:
        for index in indexes:
            editor.add_index(JournalEntry, index)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    report("journal_patients", count, "patients")
    report("journal_filled", time.monotonic() - began, "s")
