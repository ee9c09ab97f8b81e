"""Pages at 100,000 patients: patient card, history, week view and quick search, 95th percentile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from benchmarks.figures import p95, report, scale
from benchmarks.world import make_clinic
from clinics.models import Membership, Place, Practitioner, Role, User
from timebook.models import AppointmentType

PATIENTS = """
INSERT INTO patients_patient (clinic_id, local_number, given_name, family_name, search_name, birth_date, sex, email,
    email_dead, mobile, is_landline, mobile_dead, preferred_method, consent, postal_code, municipality, has_econtact,
    created_at)
SELECT %s, 'P' || n, 'Ola' || n %% 500, 'Nordmann' || n %% 3000, 'ola' || n %% 500 || ' nordmann' || n %% 3000,
    date '1930-01-01' + (n %% 30000), '', 'p' || n || '@example.com', '', '+4742' || lpad((n %% 1000000)::text, 6, '0'),
    false, '', '', 'given', '', '', false, now()
FROM generate_series(1, %s) AS n
"""
APPOINTMENTS = """
INSERT INTO timebook_appointment (clinic_id, patient_id, practitioner_id, place_id, type_id, starts_at, ends_at, status,
    set_up_by, cancelled_by, source, remark, uid, version, sequence, external_id, created_at)
SELECT %s, id, %s + (id %% 10), %s, %s, start, start + interval '30 minutes', 'booked', 'staff', '', 'own', '',
    gen_random_uuid(), 1, 0, '', now()
FROM (
    SELECT id, %s::timestamptz + (id / 160) * interval '1 day' + (id / 10 %% 16) * interval '30 minutes' AS start
    FROM patients_patient WHERE clinic_id = %s
) AS book
"""
NOTICES = """
INSERT INTO notifications_notification (clinic_id, patient_id, kind, subject_type, subject_id, slot, lane, state,
    reason, external, event_at, due_at, expires_at, settled_at, token)
SELECT clinic_id, id, 'receipt', 'card', 500000000 + id * 10 + k, 'card', 'urgent', 'dispatched', '', '', now(),
    now() - (id + k * 100000) * interval '126 seconds', now(), now(), md5((id * 10 + k)::text || 'p')::varchar(24)
FROM patients_patient, generate_series(0, 4) AS k WHERE clinic_id = %s
"""


def run() -> tuple[Client, Any]:
    """Fill a clinic and time its pages; returns a log-in there, and the clinic."""
    clinic = make_clinic()
    count = scale(100_000)
    fill(clinic, count)
    client = log_in(clinic)
    pk = newest_patient(clinic)
    week = reverse("timebook:week")
    report("page_patient_card", page(client, reverse("notifications:card", args=[pk])), "ms p95", ("<", 150))
    report("page_overview_card", page(client, reverse("overview:card", args=[pk])), "ms p95", ("<", 150))
    report("page_week", page(client, week), "ms p95", ("<", 150))
    report("page_log", page(client, reverse("notifications:log")), "ms p95", ("<", 150))
    for name, text in {"name": "ola17 nordm", "phone": "42000123", "birth": "01.02.1950"}.items():
        search = p95(lambda text=text: ok(client.post(reverse("patients:quick"), {"q": text})))
        report(f"quick_search_{name}", search, "ms p95", ("<", 150))
    return client, clinic


def page(client: Client, url: str) -> float:
    """Return the p95 of a page in milliseconds."""
    return p95(lambda: ok(client.get(url)))


def ok(response: Any) -> None:
    """Refuse to time an error page."""
    if response.status_code != 200:
        raise RuntimeError(f"{response.status_code} {getattr(response, 'url', '')}")


def fill(clinic: Any, count: int) -> None:
    """Insert patients, a book of ten practitioners with sixteen appointments a day, and five notices each."""
    practitioners = Practitioner.objects.bulk_create(Practitioner(clinic=clinic, name=f"Lege {n}") for n in range(10))
    place = Place.objects.create(clinic=clinic, name="Rom 1")
    kind = AppointmentType.objects.create(clinic=clinic, name="Kontroll")
    first_day = timezone.now().replace(hour=7, minute=0) - timedelta(days=count // 320)
    with connection.cursor() as cursor:
        cursor.execute(PATIENTS, [clinic.pk, count])
        first = practitioners[0].pk
        cursor.execute(APPOINTMENTS, [clinic.pk, first, place.pk, kind.pk, first_day, clinic.pk])
        cursor.execute(NOTICES, [clinic.pk])
        cursor.execute("VACUUM ANALYZE")


def newest_patient(clinic: Any) -> int:
    """Return one card's pk."""
    from patients.models import Patient

    return int(Patient.objects.of(clinic).latest("pk").pk)


def log_in(clinic: Any, email: str = "benk@example.com") -> Client:
    """Return a client that has passed both factors."""
    user = User.objects.create_user(email, "benk-passord-2026")
    Membership.objects.create(clinic=clinic, user=user, role=Role.MANAGER)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
