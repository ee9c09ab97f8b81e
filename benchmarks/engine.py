"""Claim and dispatch, SMS and e-mail end to end, and the due scan under ten million old rows."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
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
    """A merge API and plain SMTP against django-post_office over SMTP, one process each."""
    end_to_end(Channel.EMAIL, 50)
    merged, _ = end_to_end(Channel.EMAIL, scale(10_000))
    plain = over_smtp(scale(2_000))
    baseline = post_office(scale(2_000))
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
    """Time to claim due rows at ten thousand and ten million old ones, turn by turn so that load strikes both alike."""
    clinic = make_clinic()
    promise(clinic, dispatch.BATCH, channel="sms")
    patient = Notification.objects.latest("pk").patient_id
    rows = scale(10_000_000)
    done = min(10_000, rows)
    add_old(clinic.pk, patient, 0, done)
    large = str(connection.settings_dict["NAME"])
    small = copy_database(large)
    while done < rows:
        step = min(1_000_000, rows - done)
        add_old(clinic.pk, patient, done, step)
        done += step
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")  # what is on its way to the disk is not what is measured
    taken: dict[str, list[float]] = {small: [], large: []}
    for _ in range(10):
        for name, times in taken.items():
            use_database(name)
            times += [claim_time() for _ in range(7)][2:]  # the first ones fill the new connection's caches
    slow, fast = statistics.median(taken[large]), statistics.median(taken[small])
    report("due_scan_small", fast * 1000, "ms")
    report(f"due_scan_{rows}", slow * 1000, "ms")
    report("due_scan_ratio", slow / fast, "x", ("<=", 1.3))


def use_database(name: str) -> None:
    """Let the product work in another database of the same server."""
    connection.close()
    connection.settings_dict["NAME"] = name


def copy_database(name: str) -> str:
    """Keep the database as it is now under a name of its own, which is returned."""
    use_database("postgres")
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}_small" TEMPLATE "{name}"')  # the bench's own names
    use_database(name)
    return f"{name}_small"


def add_old(clinic: int, patient: int, offset: int, count: int) -> None:
    """Add settled rows, and tell the planner."""
    with connection.cursor() as cursor:
        cursor.execute(OLD, [clinic, patient, offset, offset, count])
        cursor.execute("VACUUM ANALYZE notifications_notification")


def claim_time() -> float:
    """Return the seconds to claim what is due, rolled back."""
    began = time.perf_counter()
    with transaction.atomic():
        found = Notification.objects.claim_due(timezone.now() + timedelta(seconds=1), Lane.URGENT, dispatch.BATCH)
        transaction.set_rollback(True)
    taken = time.perf_counter() - began
    if len(found) != dispatch.BATCH:
        raise RuntimeError(f"{len(found)} claimed")
    return taken


def settings_line() -> None:
    """Print what the figures depend on."""
    print(f"# SEND_BATCH {settings.SEND_BATCH}, SMS_IN_FLIGHT {settings.SMS_IN_FLIGHT}, PostgreSQL", flush=True)
