"""Claim and dispatch, SMS and e-mail end to end, and the due scan under ten million old rows."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from benchmarks.figures import report, scale, watch
from benchmarks.world import make_clinic, promise
from notifications import dispatch, messages, sending
from notifications.kinds import Channel, Lane
from notifications.models import Delivery, Notification


def claim_and_dispatch() -> None:
    """Rows a second from due to queued delivery, one process."""
    count = scale(10_000)
    promise(make_clinic(), count, channel="sms")
    with watch() as seen:
        while dispatch.run(timezone.now()):
            pass
    report("dispatch", count / seen.wall, "rows/s")
    Delivery.objects.all().update(state="suppressed")


def end_to_end(channel: Channel, count: int) -> tuple[float, float]:
    """Dispatch and hand over `count` notices in this one process; returns messages/s and CPU ms each."""
    promise(make_clinic(), count, channel=channel.value)
    before = Delivery.objects.filter(state="accepted").count()
    with watch() as seen:
        while dispatch.run(timezone.now()):
            pass
        while sending.run(channel, Lane.URGENT, timezone.now()):
            pass
    accepted = Delivery.objects.filter(state="accepted").count() - before
    if accepted != count:
        raise RuntimeError(f"{accepted} of {count} accepted")
    return count / seen.wall, seen.cpu / count * 1000


def sms() -> None:
    """One process against one tuned Celery task per recipient on both cores."""
    end_to_end(Channel.SMS, 100)  # warm
    rate, cpu = end_to_end(Channel.SMS, scale(6_000))
    baseline = task_per_recipient(scale(1_500))
    report("sms_end_to_end", rate, "SMS/s")
    report("sms_baseline_task_per_recipient", baseline, "SMS/s")
    report("sms_vs_baseline", rate / baseline, "x", (">=", 5))
    report("sms_cpu", cpu, "ms/SMS", ("<=", 0.8))


def task_per_recipient(count: int) -> float:
    """Run the baseline: a Celery worker on both cores, tuned, one task a recipient. Returns messages/s."""
    promise(make_clinic(), count, channel="sms", lane="bulk")
    while dispatch.run(timezone.now(), Lane.BULK):
        pass
    keys = list(Delivery.objects.filter(lane="bulk", state="queued").values_list("pk", flat=True))
    command = [sys.executable, "-m", "celery", "-q", "-A", "benchmarks.baseline", "worker", "-c", "2", "-Q", "baseline"]
    quiet = ["--loglevel", "error", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    worker = subprocess.Popen([*command, *quiet], env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        from benchmarks.baseline import send_one

        for pk in keys[:20]:  # both children warm, connections open
            send_one.delay(pk)
        wait_until_accepted(keys[:20])
        began = time.perf_counter()
        for pk in keys[20:]:
            send_one.delay(pk)
        wait_until_accepted(keys)
        return (count - 20) / (time.perf_counter() - began)
    finally:
        worker.terminate()
        worker.wait(20)


def wait_until_accepted(keys: list[int]) -> None:
    """Wait until every one of the deliveries is accepted."""
    deadline = time.monotonic() + 300
    while Delivery.objects.filter(pk__in=keys).exclude(state="accepted").exists():
        if time.monotonic() > deadline:
            raise TimeoutError("the baseline did not finish")
        time.sleep(0.02)


def email() -> None:
    """A merge API and plain SMTP against django-post_office over SMTP."""
    end_to_end(Channel.EMAIL, 50)
    merged, _ = end_to_end(Channel.EMAIL, scale(6_000))
    plain = over_smtp(scale(1_500))
    baseline = post_office(scale(1_500))
    report("email_merge", merged, "mails/s")
    report("email_smtp", plain, "mails/s")
    report("email_baseline_post_office_smtp", baseline, "mails/s")
    report("email_merge_vs_post_office", merged / baseline, "x", (">=", 10))
    report("email_smtp_vs_post_office", plain / baseline, "x", (">=", 1))


def over_smtp(count: int) -> float:
    """Send through the SMTP provider; returns mails/s."""
    from notifications.providers.smtp import SmtpProvider

    provider: Any = SmtpProvider()
    kept, sending.provider_for = sending.provider_for, lambda channel: provider
    try:
        return end_to_end(Channel.EMAIL, count)[0]
    finally:
        sending.provider_for = kept


def post_office(count: int) -> float:
    """Queue and send with django-post_office; returns mails/s."""
    from post_office import mail

    body = Delivery.objects.filter(channel="email").latest("pk")
    same = {"subject": body.subject, "message": body.text, "html_message": messages.html(body.text, body.subject)}
    mails = [{"recipients": [f"o{n}@example.com"], "sender": "v@example.com", **same} for n in range(count)]
    with watch() as seen:
        mail.send_many(mails)
        while mail.send_queued(processes=1, log_level=0)[0]:
            pass
    return count / seen.wall


OLD = """
INSERT INTO notifications_notification (clinic_id, patient_id, kind, subject_type, subject_id, slot, lane, state,
    reason, external, event_at, due_at, expires_at, settled_at, token)
SELECT %s, %s, 'receipt', 'card', 1000000 + %s + n, 'card', 'urgent', 'dispatched', '', '', now(),
    now() - n * interval '1 second', now(), now(), md5((%s + n)::text)::varchar(24)
FROM generate_series(1, %s) AS n
"""


def due_scan() -> None:
    """Time to claim 500 due rows at ten thousand and at ten million old ones."""
    clinic = make_clinic()
    promise(clinic, 500, channel="sms")
    patient = Notification.objects.latest("pk").patient_id
    rows = scale(10_000_000)
    add_old(clinic.pk, patient, 0, min(10_000, rows))
    small = claim_time()
    done = min(10_000, rows)
    while done < rows:
        step = min(1_000_000, rows - done)
        add_old(clinic.pk, patient, done, step)
        done += step
    large = claim_time()
    report("due_scan_small", small * 1000, "ms")
    report(f"due_scan_{rows}", large * 1000, "ms")
    report("due_scan_ratio", large / small, "x", ("<=", 1.3))


def add_old(clinic: int, patient: int, offset: int, count: int) -> None:
    """Add settled rows, and tell the planner."""
    with connection.cursor() as cursor:
        cursor.execute(OLD, [clinic, patient, offset, offset, count])
        cursor.execute("VACUUM ANALYZE notifications_notification")


def claim_time() -> float:
    """Return the median seconds to claim what is due, rolled back each time."""
    from django.db import transaction

    taken = []
    for _ in range(21):
        began = time.perf_counter()
        with transaction.atomic():
            found = Notification.objects.claim_due(timezone.now() + timedelta(seconds=1), Lane.URGENT, dispatch.BATCH)
            transaction.set_rollback(True)
        taken.append(time.perf_counter() - began)
        if len(found) != dispatch.BATCH:
            raise RuntimeError(f"{len(found)} claimed")
    return sorted(taken)[len(taken) // 2]


def settings_line() -> None:
    """Print what the figures depend on."""
    print(f"# SEND_BATCH {settings.SEND_BATCH}, SMS_IN_FLIGHT {settings.SMS_IN_FLIGHT}, PostgreSQL", flush=True)
