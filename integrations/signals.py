"""Whatever way a neighbour's dialog is answered or its appointment changed, it is promised to hear. Thin."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver
from django.utils import timezone

from integrations import answers
from post.models import Message
from timebook import events, planning
from timebook.models import Appointment


@receiver(post_save, sender=Message, dispatch_uid="integrations.queue_answer")
def queue_answer(instance: Message, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Queue it in the transaction that writes the message."""
    if created and not raw and answers.is_carried(instance):
        answers.queue(instance)


@receiver(pre_save, sender=Appointment, dispatch_uid="integrations.note_when")
def note_when(instance: Any, **kwargs: Any) -> None:
    """Note when it happens, as the timebook's notices of it say: they are taken back if the neighbour refuses."""
    instance.changed_at = instance.acting_at or timezone.now()


@receiver(post_save, sender=Appointment, dispatch_uid="integrations.queue_appointment")
def queue_appointment(instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Queue how a neighbour's appointment stands when we have changed it: the neighbour tells the patient.

    One that it has not delivered itself it could not know again: only marked as its own, it stays with it (spec D13).
    """
    is_theirs = instance.source in planning.FOREIGN and instance.external_id
    changed_here = not raw and not instance.is_told and is_theirs
    if changed_here and instance.before and events.event(instance.before, instance) != events.Event.NOTHING:
        answers.queue_appointment(instance, instance.changed_at)
    instance.is_told = False  # said anew before each save
