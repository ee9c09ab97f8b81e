"""Where the clinic's answers stand with the neighbours, for the dialog's page (spec E4)."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from integrations.neighbour_models import FILE_REFUSED, Answer, AnswerState
from notifications.kinds import Reason
from post.carried import Mark

LOOKS = {
    AnswerState.QUEUED: ("wait", "clock"),
    AnswerState.SENDING: ("wait", "clock"),
    AnswerState.UNKNOWN: ("warn", "circle-question-mark"),
    AnswerState.DELIVERED: ("ok", "check"),
    AnswerState.REFUSED: ("fail", "circle-x"),
    AnswerState.EXPIRED: ("fail", "circle-x"),
}


def marks(messages: Sequence[int]) -> dict[int, Mark]:
    """Say where each answer stands, for the dialog's page."""
    rows = Answer.objects.filter(message__in=messages)
    return {row.message_id: Mark(*LOOKS[AnswerState(row.state)], words(row)) for row in rows if row.message_id}


def words(row: Answer) -> str:
    """Return the status in words, with the reason when it is a bad one."""
    said = _("%(neighbour)s: %(state)s") % {
        "neighbour": row.get_neighbour_display(),
        "state": row.get_state_display().lower(),
    }
    if row.reason == FILE_REFUSED:
        return f"{said} ({_('tar ikke imot et av vedleggene: send svaret på nytt uten')})"
    return f"{said} ({Reason(row.reason).label.lower()})" if row.reason in Reason.values else said
