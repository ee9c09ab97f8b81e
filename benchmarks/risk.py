"""Risk analysis: seconds, rows a second and peak memory, at one size and at four times that."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from typing import Any

from benchmarks.figures import report, scale
from benchmarks.world import make_clinic

ENTRIES = 10  # of each patient
# Births over ninety years. Codes as in a practice: of ten entries two are in some risk group, the rest are not.
PATIENTS = """
INSERT INTO patients_patient (clinic_id, local_number, given_name, family_name, search_name, birth_date, sex,
    postal_code, municipality, has_econtact, email, email_dead, mobile, is_landline, mobile_dead, preferred_method,
    consent, created_at)
SELECT %(clinic)s, 'R%(clinic)s-' || n, 'Ola', 'Nordmann ' || n, 'ola nordmann ' || n,
    %(day)s::date - (n * 7919 %% 32850)::int, '', '', '', false, '', '', '', false, '', '', 'given', now()
FROM generate_series(1::bigint, %(count)s) AS n
"""
JOURNAL = """
INSERT INTO patients_journalentry (clinic_id, patient_id, type, system, code, text, starts_on, value, unit, external_id)
SELECT %(clinic)s, id, type, system, code, '', %(day)s::date - ((id * 31 + n * 97) %% 3650)::int,
    CASE WHEN type = 'observation' THEN 20 + (id + n) %% 80 END, '', ''
FROM patients_patient CROSS JOIN generate_series(1, %(entries)s) AS n
CROSS JOIN LATERAL (SELECT
    (ARRAY['diagnosis', 'diagnosis', 'diagnosis', 'medicine', 'observation', 'contact', 'diagnosis', 'medicine',
        'contact', 'vaccine'])[n] AS type,
    (ARRAY['icpc2', 'icpc2', 'icd10', 'atc', 'npu', 'other', 'icpc2', 'atc', 'other', 'atc'])[n] AS system,
    CASE n
        WHEN 1 THEN (ARRAY['A04', 'R74', 'L03', 'R96', 'K86', 'D01', 'S88', 'T90', 'N01', 'P76'])[1 + id %% 10]
        WHEN 2 THEN (ARRAY['R05', 'U71', 'K74', 'H71', 'R95', 'L92'])[1 + id %% 6]
        WHEN 3 THEN (ARRAY['J06', 'I10', 'M54', 'C50', 'E11', 'R51', 'Z00', 'L30'])[1 + id %% 8]
        WHEN 4 THEN (ARRAY['N02BE01', 'R03AC02', 'C10AA05', 'A02BC01', 'L04AX03', 'J01CE02'])[1 + id %% 6]
        WHEN 5 THEN (ARRAY['NOR25909', 'NPU27300', 'BMI', 'NPU03230'])[1 + id %% 4]
        WHEN 7 THEN (ARRAY['A97', 'W78', 'R21', 'L86', 'F70', 'R80'])[1 + id %% 6]
        WHEN 8 THEN (ARRAY['C07AB02', 'M01AE01', 'C03CA01', 'H03AA01', 'R06AE07'])[1 + id %% 5]
        WHEN 10 THEN (ARRAY['J07BB02', 'J07AL01', 'J07AM51'])[1 + id %% 3]
        ELSE '' END AS code
) AS made WHERE clinic_id = %(clinic)s
"""


def run() -> None:
    """Analyse two clinics in processes of their own, each twice: the second compares with the first."""
    small, large = one(scale(250_000)), one(scale(1_000_000))
    for name, seconds, bound in zip(("first", "again"), large["seconds"], (120, 180), strict=True):
        report(f"risk_analysis_{large['patients']}_{name}", seconds, "s", ("<=", bound))
    report("risk_analysis_entries", large["patients"] * ENTRIES / large["seconds"][0], "rows/s")
    report("risk_analysis_persons", large["persons"], "persons")
    growth = large["seconds"][0] / small["seconds"][0]
    report("risk_analysis_4x_patients_time", growth, "x")
    report("risk_analysis_peak", large["peak"], "MiB")
    report("risk_analysis_peak_4x_patients", large["peak"] / small["peak"], "x", ("<=", 1.2))


def one(count: int) -> dict[str, Any]:
    """Fill a clinic by set-based SQL, and analyse it in a fresh process."""
    from django.db import connection

    from clinics.models import User

    clinic, day = make_clinic(), date(2026, 11, 23)
    user = User.objects.create_user(f"risk{clinic.pk}@example.com", "x" * 20)
    known = {"clinic": clinic.pk, "count": count, "entries": ENTRIES, "day": day}
    with connection.cursor() as cursor:
        for statement in (PATIENTS, JOURNAL, "VACUUM ANALYZE"):
            cursor.execute(statement, known)
    command = [sys.executable, "-m", "benchmarks.risk", str(clinic.pk), str(user.pk)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return {"patients": count, **json.loads(done.stdout.splitlines()[-1])}


def worker(clinic_pk: int, user_pk: int) -> dict[str, Any]:
    """Analyse twice as the worker does; seconds each, persons found, and this process' peak in MiB."""
    import resource
    import time

    import django

    django.setup()
    from django.utils import timezone

    from clinics.models import Clinic, User
    from selection import risk_runs
    from selection.risk_reading import offered_one

    clinic, user = Clinic.objects.get(pk=clinic_pk), User.objects.get(pk=user_pk)
    wanted = offered_one("influenza", date(2026, 11, 23))
    assert wanted
    seconds = []
    for _time in range(2):
        asked = risk_runs.ask(clinic, wanted, by=user)
        began = time.perf_counter()
        risk_runs.carry_out(asked.pk, timezone.now())
        seconds.append(time.perf_counter() - began)
        asked.refresh_from_db()
        assert asked.state == "done", asked.state
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "persons": asked.counts["persons"], "peak": peak}


if __name__ == "__main__":
    print(json.dumps(worker(int(sys.argv[1]), int(sys.argv[2]))))
