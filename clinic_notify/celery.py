"""The Celery application: an alarm clock for the engine, never its memory (design, section 2)."""

import os
from typing import Any

from celery import Celery
from celery.signals import task_prerun
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic_notify.settings")
app = Celery("clinic_notify")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@task_prerun.connect(dispatch_uid="keep_only_good_connections")
def keep_only_good_connections(sender: Any, **kwargs: object) -> None:
    """Before a task as before a request: let go of a connection that has broken or has lasted long enough."""
    if not sender.request.is_eager:  # then it is the caller's connection
        close_old_connections()
