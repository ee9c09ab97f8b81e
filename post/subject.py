"""What a message says of itself when a notice about it is judged (design, section 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from notifications.kinds import SubjectType
from notifications.models import Notification
from notifications.subjects import Facts
from post.models import Message

FACTS = Facts(path="dialogs")  # the same for every message: nothing of its content can reach a notice (spec C4)


class MessageSubject:
    """The registry's entry for messages."""

    type = SubjectType.MESSAGE

    def facts(self, notifications: Sequence[Notification], now: datetime) -> Mapping[int, Facts]:
        """Return facts by notification pk, with one query; a message that is gone has none."""
        keys = {notification.subject_id for notification in notifications}
        found = set(Message.objects.filter(pk__in=keys).values_list("pk", flat=True))
        return {row.pk: FACTS for row in notifications if row.subject_id in found}
