"""Providers in a worker that forks after it has sent: no lock, loop, thread or connection is shared."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.sandbox.running import ROOT, Sandbox

SCRIPT = """
import os, secrets, threading
import django
django.setup()
from datetime import timedelta
from django.utils import timezone
from notifications.kinds import Channel
from notifications.providers.base import Outgoing
from notifications.providers.registry import provider_for

def send(channel, *recipients):
    expires_at = timezone.now() + timedelta(hours=1)
    more = {"subject": "Hei", "sender": "K", "calendar": "x" * (channel == Channel.EMAIL)}
    batch = [Outgoing(secrets.token_hex(16), to, "Hei", expires_at, **more) for to in recipients]
    assert {str(outcome.verdict) for outcome in provider_for(channel).send(batch)} == {"accepted"}

def send_both():
    send(Channel.SMS, "+4742000001", "+4742000002")
    send(Channel.EMAIL, "a@example.com", "b@example.com")

send_both()
child = os.fork()
send_both()
if child == 0:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
threads = [threading.Thread(target=send_both) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def test_a_fork_and_threads_send_on_their_own(sandbox: Sandbox) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "clinic_notify.settings",
        "TWILIO_BASE_URL": sandbox.url,
        "MAILGUN_API_URL": sandbox.url + "/v3",
        "EMAIL_PROVIDER": "mailgun",
    }

    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, timeout=60, check=False)

    assert done.returncode == 0
    assert sandbox.get("/messages/count").json() == {"sms": 14, "email": 14, "push": 0}
