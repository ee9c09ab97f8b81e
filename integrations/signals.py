"""Whatever way the clinic's answer is written, the neighbour that the dialog comes from is promised it. Thin."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from integrations import answers
from post.models import Message


@receiver(post_save, sender=Message, dispatch_uid="integrations.queue_answer")
def queue_answer(instance: Message, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Queue it in the transaction that writes the message."""
    if created and not raw and answers.is_carried(instance):
        answers.queue(instance)
