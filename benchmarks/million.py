"""The pages about notices and dialogs at a million notices: log, history, «Hvorfor?», and the inbox."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import Client
from django.urls import reverse

from benchmarks.figures import p95, report, scale
from benchmarks.pages import ok, page
from notifications.filters import METHODS, MODULES, STATUSES
from notifications.models import Notification
from notifications.views import key_of
from post.box import TABS

BOUND = ("<", 150)  # ms
MANY = 2_000  # notices of the patient with most of them

# Two years of one clinic's notices, beside those of `pages`. Of a hundred: two planned, five stopped or replaced, one
# impossible, one too late, the rest sent. What others notify, pushes and unknown outcomes are few and old.
NOTICES = """
INSERT INTO notifications_notification (clinic_id, patient_id, kind, subject_type, subject_id, slot, lane, state,
    reason, external, seen, event_at, due_at, expires_at, settled_at, token)
SELECT clinic_id, patient_id, kind, CASE WHEN subject < 0 THEN 'card' ELSE 'appointment' END, subject, 'bench:' || n,
    'urgent', state,
    CASE state WHEN 'suppressed' THEN CASE WHEN n %% 100 = 4 THEN 'no_contact' ELSE 'no_consent' END
        WHEN 'expired' THEN 'too_late' WHEN 'cancelled' THEN 'appointment_moved' ELSE '' END,
    CASE state WHEN 'external' THEN 'helsenorge' ELSE '' END,
    CASE WHEN state IN ('dispatched', 'suppressed') THEN '{"preferred": "email"}'::jsonb END,
    due, due, due + interval '2 days', CASE WHEN state <> 'waiting' THEN due END, 'm' || lpad(n::text, 20, '0')
FROM (
    SELECT n, a.clinic_id, a.patient_id, CASE WHEN n BETWEEN 21 AND %(many)s THEN -n ELSE a.id END AS subject,
        (ARRAY['appointment_set_up', 'appointment_changed', 'appointment_reminder', 'dialog_received',
            'answer_received', 'receipt', 'bulk_sms'])[1 + n %% 7] AS kind,
        CASE WHEN n > %(count)s - 20 THEN 'external' WHEN n %% 100 < 2 THEN 'waiting' WHEN n %% 100 = 2 THEN 'cancelled'
            WHEN n %% 100 = 3 THEN 'replaced' WHEN n %% 100 < 7 THEN 'suppressed' WHEN n %% 100 = 7 THEN 'expired'
            ELSE 'dispatched' END AS state,
        now() + CASE WHEN n %% 100 < 2 THEN n * interval '1 second' ELSE -n * interval '126 seconds' END AS due
    FROM generate_series(1, %(count)s) AS n
    JOIN timebook_appointment AS a ON a.patient_id = CASE WHEN n <= %(many)s THEN %(first)s
        ELSE %(first)s + n %% %(patients)s END
) AS made
"""
DELIVERIES = """
INSERT INTO notifications_delivery (clinic_id, notification_id, channel, is_fallback, lane, state, reason, recipient,
    template, subject, text, calendar, subject_version, due_at, expires_at, attempts, provider_id, created_at,
    accepted_at, settled_at)
SELECT clinic_id, id, CASE WHEN number < 20 THEN 'push' WHEN id %% 3 = 0 THEN 'sms' ELSE 'email' END, false, 'urgent',
    CASE WHEN number BETWEEN 20 AND 40 THEN 'unknown' WHEN id %% 100 = 50 THEN 'bounced' WHEN id %% 100 = 51 THEN
        'undelivered' ELSE 'delivered' END,
    CASE WHEN id %% 100 = 50 THEN 'unknown_address' WHEN id %% 100 = 51 THEN 'unreachable' ELSE '' END,
    'p' || patient_id || '@example.com', 'appointment@1', 'Beskjed fra Benk legesenter',
    'Du har time hos Benk legesenter. Logg inn for å se den.', '', 1, due_at, expires_at, 1, 'b' || id, due_at,
    due_at, due_at
FROM (SELECT *, row_number() OVER (ORDER BY due_at) AS number FROM notifications_notification
    WHERE state = 'dispatched' AND clinic_id = %(clinic)s) AS sent
"""
TRIES = """
INSERT INTO notifications_attempt (delivery_id, number, token, at)
SELECT id, 1, 'm' || lpad(id::text, 31, '0'), due_at FROM notifications_delivery WHERE provider_id LIKE 'b%%'
"""
EVENTS = """
INSERT INTO notifications_deliveryevent (delivery_id, what, state, reason, code, at)
SELECT id, what, CASE what WHEN 'accepted' THEN 'accepted' ELSE state END, reason, '', due_at
FROM notifications_delivery, (VALUES ('accepted'), ('receipt')) AS events (what) WHERE provider_id LIKE 'b%%'
"""
# Of ten dialogs: one waits and is unread, five are answered, four closed; every twentieth is the reader's own.
DIALOGS = """
INSERT INTO post_dialog (clinic_id, patient_id, kind, subject, source, external_id, state, is_unread, last_message_at,
    answer_by, taken_by_id, started_by, created_at)
SELECT %(clinic)s, %(first)s + n %% %(patients)s, CASE WHEN n %% 3 = 0 THEN 'e_consultation' ELSE 'e_dialog' END,
    'Spørsmål ' || n, 'own', '', CASE WHEN n %% 10 = 0 THEN 'waiting' WHEN n %% 10 < 6 THEN 'answered'
        ELSE 'closed' END,
    n %% 10 = 0, now() - n * interval '5 minutes', CASE WHEN n %% 30 = 0 THEN now() + n * interval '1 minute' END,
    CASE WHEN n %% 20 = 1 THEN %(reader)s::bigint END, 'patient', now() - n * interval '5 minutes'
FROM generate_series(%(start)s, %(end)s) AS n
"""


def run(client: Client, clinic: Any) -> None:
    """Fill up to a million notices in a clinic whose patients and book stand, and time what staff open."""
    from patients.models import Patient

    patients = Patient.objects.of(clinic).order_by("pk")
    known = {"first": patients[0].pk, "patients": patients.count(), "many": scale(MANY), "clinic": clinic.pk}
    fill_notices(known | {"count": scale(1_000_000) - Notification.objects.of(clinic).count()})
    the_log(client)
    one_patient(client, int(known["first"]))
    known["reader"] = client.session["_auth_user_id"]
    start = 1
    for name, end in {"10k": scale(10_000), "100k": scale(100_000)}.items():
        execute(DIALOGS, known | {"start": start, "end": end})
        start = end + 1
        the_inbox(client, name)


def fill_notices(known: dict[str, Any]) -> None:
    """Insert notices with a hop, an attempt and two lines of log each."""
    for statement in (NOTICES, DELIVERIES, TRIES, EVENTS):
        execute(statement, known)


def execute(statement: str, known: dict[str, Any]) -> None:
    """Run one statement, and tell the planner."""
    with connection.cursor() as cursor:
        cursor.execute(statement, known)
        cursor.execute("VACUUM ANALYZE")


def the_log(client: Client) -> None:
    """Time the log: its first page with what must be followed up, a page far down, and every filter there is."""
    log = reverse("notifications:log")
    report("page_log_1m", page(client, log), "ms p95", BOUND)
    report("page_log_1m_oldest", page(client, f"{log}?rekkefolge=eldste"), "ms p95", BOUND)
    middle = Notification.objects.exclude(state="waiting").order_by("-due_at")[scale(500_000)]
    report("page_log_1m_deep", page(client, f"{log}?etter={key_of(middle)}"), "ms p95", BOUND)
    for name, choices in {"status": STATUSES, "metode": METHODS, "modul": MODULES}.items():
        for value in [str(key) for key, _label in choices if key]:
            report(f"page_log_1m_{value}", page(client, f"{log}?{name}={value}"), "ms p95", BOUND)
    narrow = f"{log}?status=failed&metode=sms&modul=timebook&fra=01.01.2020"
    report("page_log_1m_everything", page(client, narrow), "ms p95", BOUND)


def one_patient(client: Client, pk: int) -> None:
    """Time the history of the patient with most notices, and the explanation of one of them."""
    card = reverse("notifications:card", args=[pk])
    newest = Notification.objects.filter(patient=pk, state="dispatched", kind="appointment_reminder").latest("due_at")
    report("page_history_1m", page(client, card), "ms p95", BOUND)
    report("page_history_1m_failed", page(client, f"{card}?status=failed"), "ms p95", BOUND)
    report("page_why_1m", page(client, reverse("notifications:why", args=[newest.pk])), "ms p95", BOUND)
    report("page_what_now_1m", page(client, reverse("notifications:now", args=[pk])), "ms p95", BOUND)


def the_inbox(client: Client, name: str) -> None:
    """Time every tab, one kind of dialog, the last page and a search."""
    inbox = reverse("post:inbox")
    for tab in TABS:
        report(f"page_inbox_{name}_{tab.key}", page(client, f"{inbox}?vis={tab.key}"), "ms p95", BOUND)
    report(f"page_inbox_{name}_kind", page(client, f"{inbox}?vis=alle&type=e_consultation"), "ms p95", BOUND)
    report(f"page_inbox_{name}_last", page(client, f"{inbox}?vis=alle&side=99999"), "ms p95", BOUND)
    search = p95(lambda: ok(client.post(inbox, {"q": "ola17 nordm"})))
    report(f"page_inbox_{name}_search", search, "ms p95", BOUND)
