"""The world the figures are taken in: the sandbox, an SMTP sink, a clinic, and rows by the million."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

SANDBOX_PORT, SMTP_PORT = 18001, 18025
SECRETS = {
    "DEBUG": "1",
    "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
    "SECRET_KEY": "bench-0123456789-0123456789-0123456789-0123456789",
    "TWILIO_ACCOUNT_SID": "AC" + "2" * 32,
    "TWILIO_AUTH_TOKEN": "bench-token",
    "MAILGUN_API_KEY": "bench-key",
    "MAILGUN_WEBHOOK_SIGNING_KEY": "bench-signing-key",
    "ANYMAIL_WEBHOOK_SECRET": "hook:bench-secret",
    "SANDBOX_URL": f"http://127.0.0.1:{SANDBOX_PORT}",
    "TWILIO_BASE_URL": f"http://127.0.0.1:{SANDBOX_PORT}",
    "MAILGUN_API_URL": f"http://127.0.0.1:{SANDBOX_PORT}/v3",
    "PUSH_BASE_URL": f"http://127.0.0.1:{SANDBOX_PORT}/push/",
    "HELSENORGE_GATEWAY_URL": f"http://127.0.0.1:{SANDBOX_PORT}/helsenorge",
    "HELSENORGE_GATEWAY_TOKEN": "bench-helsenorge",
    "BESOKLEGEN_GATEWAY_URL": f"http://127.0.0.1:{SANDBOX_PORT}/besoklegen",
    "BESOKLEGEN_GATEWAY_TOKEN": "bench-besoklegen",
    "EMAIL_HOST": "127.0.0.1",
    "EMAIL_PORT": str(SMTP_PORT),
    "ENGINE_HINTS": "0",
    "LOG_LEVEL": "ERROR",
}


def wait_for_port(port: int) -> None:
    """Wait until something listens."""
    for _ in range(400):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError(port)


@contextlib.contextmanager
def outside(folder: Path) -> Iterator[None]:
    """Run the sandbox, without receipts, and an SMTP sink."""
    log = str(folder / "sandbox.jsonl")
    commands = [
        [sys.executable, "-m", "sandbox", "--port", str(SANDBOX_PORT), "--log", log],
        [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{SMTP_PORT}", "-c", "aiosmtpd.handlers.Sink"],
    ]
    parts = [subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL) for command in commands]
    try:
        wait_for_port(SANDBOX_PORT)
        wait_for_port(SMTP_PORT)
        body = json.dumps({channel: {"callbacks": "none"} for channel in ("sms", "email")}).encode()
        request = urllib.request.Request(f"{SECRETS['SANDBOX_URL']}/modes", body, method="PUT")
        request.add_header("Content-Type", "application/json")
        urllib.request.urlopen(request, timeout=5).read()
        yield
    finally:
        for part in parts:
            part.terminate()
            part.wait(10)


def register_plain_subject() -> None:
    """Let receipts be about nothing in particular: the figures are about the engine."""
    from notifications import subjects
    from notifications.kinds import SubjectType
    from notifications.models import Notification
    from notifications.subjects import Facts

    class PlainSubject:
        type = SubjectType.CARD

        def facts(self, notifications: Sequence[Notification], now: datetime) -> Mapping[int, Facts]:
            return {notification.pk: Facts() for notification in notifications}

    subjects.register(PlainSubject())


def make_clinic() -> Any:
    """Make a demo clinic with every module on."""
    from clinics.models import Clinic

    return Clinic.objects.create(
        name="Benk legesenter",
        alias="Benk legesenter",
        sms_sender="Benk",
        is_demo=True,
        post_notices=True,
        timebook_notices=True,
        economy_notices=True,
    )


def promise(clinic: Any, count: int, *, channel: str, lane: str = "urgent") -> None:
    """Promise `count` receipts that are due, to patients reachable on one channel."""
    from django.utils import timezone

    from notifications import outbox
    from notifications.kinds import Kind, Lane, SubjectType
    from patients.models import Consent, Patient

    base = Patient.objects.count()
    patients = Patient.objects.bulk_create(
        [
            Patient(
                clinic=clinic,
                local_number=f"B{base + n}",
                given_name="Ola",
                family_name=f"Nordmann {n}",
                search_name=f"ola nordmann {n}",
                consent=Consent.GIVEN,
                mobile=f"+4742{(base + n) % 1_000_000:06d}" if channel == "sms" else "",
                email=f"p{base + n}@example.com" if channel == "email" else "",
            )
            for n in range(count)
        ],
        batch_size=2_000,
    )
    now = timezone.now()
    outbox.plan_many(
        [
            outbox.Planned(
                clinic_id=clinic.pk,
                patient_id=patient.pk,
                kind=Kind.RECEIPT,
                subject_type=SubjectType.CARD,
                subject_id=patient.pk,
                slot="card",
                event_at=now,
                due_at=now - timedelta(seconds=1),
                lane=Lane(lane),
            )
            for patient in patients
        ]
    )
