"""The worker's set-up: what Celery really reads, not what was meant."""

from __future__ import annotations

from celery.fixups.django import DjangoWorkerFixup

from clinic_notify.celery import app


def test_a_worker_keeps_its_connection_from_task_to_task() -> None:
    """Ticks that find nothing cost no connection each (design, section 7): an environment variable did not do it."""
    assert DjangoWorkerFixup(app).db_reuse_max >= 1_000
