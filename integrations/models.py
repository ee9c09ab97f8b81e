"""One import that the clinic manager has started from the page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinics.models import Practitioner, User
from clinics.scope import ClinicQuerySet, ClinicRow

STALLED = timedelta(minutes=2)  # without a sign of life the worker is gone; the import may be run again


class State(models.TextChoices):
    """How far an import has come."""

    CHECKING = "checking", _("Kontrolleres")
    CHECKED = "checked", _("Kontrollert, ikke importert")
    IMPORTING = "importing", _("Importeres")
    DONE = "done", _("Ferdig")
    REFUSED = "refused", _("Filen kan ikke leses")
    BROKEN = "broken", _("Stoppet underveis")


RUNNING = (State.CHECKING, State.IMPORTING)


class Format(models.TextChoices):
    """What the file is."""

    FHIR = "fhir", "FHIR R4"
    CSV = "csv", "CSV"


class ImportRunQuerySet(ClinicQuerySet):
    """Imports, found by whether somebody works on them."""

    def unattended(self, now: datetime) -> ImportRunQuerySet:
        """Keep those that should be running and that no worker has given a sign of life for."""
        silent = models.Q(beat_at=None) | models.Q(beat_at__lt=now - STALLED)
        return self.filter(silent, state__in=RUNNING)


class ImportRun(ClinicRow):
    """A file, what to do with it, how far it has come and what came of it."""

    format = models.CharField(_("format"), max_length=4, choices=Format.choices)
    name = models.CharField(_("fil"), max_length=120)
    stored = models.CharField(max_length=60, blank=True)  # file in VAR_DIR/imports; empty when deleted
    consent_collected = models.BooleanField(_("samtykke er innhentet"), default=False)
    type_map = models.JSONField(default=dict)
    practitioner = models.ForeignKey(Practitioner, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(_("status"), max_length=9, choices=State.choices, default=State.CHECKING)
    stage = models.CharField(max_length=13, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(default=timezone.now)  # when a worker was last asked for
    beat_at = models.DateTimeField(null=True)  # the worker's last sign of life; None: nobody has begun
    counts = models.JSONField(default=dict)
    foreseen = models.JSONField(default=dict)  # the counts that were shown before «Importer» was pressed
    lines = models.JSONField(default=list)  # the first of the report; the stored file has all
    message = models.CharField(max_length=300, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    objects = ImportRunQuerySet.as_manager()  # type: ignore[misc]  # narrows ClinicRow.objects

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("importer")
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["clinic", "-created_at"], name="import_by_clinic")]  # the list

    def __str__(self) -> str:
        return f"Import {self.pk}"

    @property
    def is_running(self) -> bool:
        """Whether the page should ask again."""
        return self.state in RUNNING

    @property
    def is_stalled(self) -> bool:
        """Whether nobody works on it, although it should be running."""
        begun = self.beat_at or self.asked_at
        return self.is_running and timezone.now() - begun > STALLED

    @property
    def may_start(self) -> bool:
        """Whether the manager can press «Importer»."""
        return bool(self.stored) and (self.state in {State.CHECKED, State.BROKEN} or self.is_stalled)

    def begin(self, state: State, now: datetime) -> None:
        """Let the next worker take it, from the beginning."""
        fresh: dict[str, Any] = {"state": state, "asked_at": now, "beat_at": None, "message": ""}
        fresh |= {"stage": "", "done": 0, "total": 0}
        for field, value in fresh.items():
            setattr(self, field, value)
        self.save(update_fields=list(fresh))


from integrations.neighbour_models import (  # noqa: E402, F401 - Django finds models through this module
    ActiveCheck,
    Answer,
    Call,
    ForeignVersion,
    InboxEvent,
    KeyPair,
)
