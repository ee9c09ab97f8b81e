"""The baseline that everybody writes first: one Celery task per recipient, here well tuned."""

from __future__ import annotations

import os

from celery import Celery, signals

os.environ.setdefault("CELERY_DB_REUSE_MAX", "100000")

app = Celery("baseline", broker=os.environ.get("BROKER_URL"))
app.conf.update(
    task_ignore_result=True,
    task_default_queue="baseline",
    worker_prefetch_multiplier=50,
    worker_hijack_root_logger=False,
)
client = None


@signals.worker_process_init.connect
def connect(**kwargs: object) -> None:
    """Set Django up and share one client and its connection pool per process."""
    import django

    django.setup()
    from django.conf import settings
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    global client
    http = TwilioHttpClient(pool_connections=True, timeout=30)
    client = Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=http)
    client.api.base_url = settings.TWILIO_BASE_URL


@app.task(ignore_result=True)
def send_one(pk: int) -> None:
    """Read the row, call the provider, write the row."""
    from notifications.models import Delivery

    delivery = Delivery.objects.get(pk=pk)
    made = client.messages.create(to=delivery.recipient, from_="Benk", body=delivery.text)
    delivery.provider_id, delivery.state = made.sid, "accepted"
    delivery.save(update_fields=["provider_id", "state"])
