"""Whatever route an appointment, a type or a clinic is saved by, the plan follows. Thin: no rules here."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver
from django.utils import timezone

from clinics.models import Clinic
from timebook import events, planning
from timebook.models import ActorKind, Appointment, AppointmentType


@receiver(pre_save, sender=Appointment, dispatch_uid="timebook.remember")
@receiver(pre_delete, sender=Appointment, dispatch_uid="timebook.remember_deleted")
def remember(instance: Appointment, raw: bool = False, **kwargs: Any) -> None:
    """Read the row as it stands, locked: never from memory."""
    if raw:  # fixtures describe the past
        return
    locked = (
        Appointment.objects.select_for_update().filter(pk=instance.pk) if instance.pk else Appointment.objects.none()
    )
    instance.before = locked.first()
    instance.was = instance.pk or 0
    if instance.before and events.event(instance.before, instance) != events.Event.NOTHING:
        instance.sequence = instance.before.sequence + 1
    if instance.before and instance.before.starts_at != instance.starts_at:
        instance.barred_start = None  # moved: an import's bar on reminders is over (spec D11)
    if instance.before:
        instance.version = instance.before.version + 1


@receiver(post_save, sender=Appointment, dispatch_uid="timebook.tell_patient")
def tell_patient(instance: Appointment, raw: bool = False, **kwargs: Any) -> None:
    """Plan what the patient should be told."""
    if not raw:
        planning.appointment_saved(instance.before, instance, instance.acting_at or timezone.now())
        # Said anew before each save: the next one may be hours later, by someone else.
        instance.acting, instance.acting_user, instance.acting_at = ActorKind.STAFF, None, None


@receiver(post_delete, sender=Appointment, dispatch_uid="timebook.tell_of_deletion")
def tell_of_deletion(instance: Appointment, **kwargs: Any) -> None:
    """Deleting counts as cancelling (spec D3)."""
    planning.appointment_saved(instance.before, None, instance.acting_at or timezone.now())


@receiver(pre_save, sender=AppointmentType, dispatch_uid="timebook.remember_type")
def remember_type(instance: AppointmentType, **kwargs: Any) -> None:
    """Remember whether notices were on."""
    before = AppointmentType.objects.select_for_update().filter(pk=instance.pk).first() if instance.pk else None
    instance.notices_before = bool(before and before.notices)


@receiver(post_save, sender=AppointmentType, dispatch_uid="timebook.type_switched")
def type_switched(instance: AppointmentType, raw: bool = False, **kwargs: Any) -> None:
    """Plan reminders when a type's notices have come on (spec D8)."""
    if not raw and instance.notices and not instance.notices_before:
        planning.switched_on(Appointment.objects.filter(type=instance), instance.acting_at or timezone.now())


@receiver(pre_save, sender=Clinic, dispatch_uid="timebook.remember_clinic")
def remember_clinic(instance: Clinic, **kwargs: Any) -> None:
    """Remember whether the module was on."""
    before = Clinic.objects.select_for_update().filter(pk=instance.pk).first() if instance.pk else None
    instance.timebook_before = bool(before and before.timebook_notices)


@receiver(post_save, sender=Clinic, dispatch_uid="timebook.module_switched")
def module_switched(instance: Clinic, raw: bool = False, **kwargs: Any) -> None:
    """Plan reminders for every type with notices on when the module has come on (spec D8)."""
    if not raw and instance.timebook_notices and not instance.timebook_before:
        planning.switched_on(Appointment.objects.of(instance), timezone.now())
