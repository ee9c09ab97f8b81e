"""The Celery application: an alarm clock for the engine, never its memory (design, section 2)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_notify.settings")
# Celery closes the database connection around every task unless told otherwise.
os.environ.setdefault("CELERY_DB_REUSE_MAX", "1000")

app = Celery("clinic_notify")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
