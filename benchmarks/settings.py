"""The product's settings, plus what the e-mail baseline needs."""

from clinic_notify.settings import *  # noqa: F403
from clinic_notify.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "post_office"]
POST_OFFICE = {
    "BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"},
    "THREADS_PER_PROCESS": 5,
    "LOG_LEVEL": 0,
    "BATCH_SIZE": 1000,
    "CELERY_ENABLED": False,
}
DEBUG = False  # debug keeps every query in memory
ALLOWED_HOSTS = ["*"]
LOGGING["loggers"]["post_office"] = {"level": "ERROR", "handlers": [], "propagate": False}  # noqa: F405
# Everything is on loopback.
SILENCED_SYSTEM_CHECKS = ["auth.W004", "notifications.E001", "notifications.E004", "notifications.E005"]
