"""Wiring only: settings, Celery, URLs, launcher."""

from clinic_notify.celery import app as celery_app

__all__ = ["celery_app"]
