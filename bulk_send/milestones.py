"""What a screen reader is told of a bulk under way: a few milestones, not every count (WCAG 4.1.3)."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bulk_send.models import Bulk, State
from bulk_send.progress import Progress

STEP = 25  # hundredths


class Milestone(NamedTuple):
    """The last one passed; the page sends its key back, and gets the words only when it is another."""

    key: str
    words: str


def reached(bulk: Bulk, found: Progress) -> Milestone:
    """Return started, every quarter, stopped or done."""
    if bulk.state == State.COUNTDOWN:
        said = ngettext("%(count)s person varsles straks", "%(count)s personer varsles straks", bulk.size)
        return Milestone("countdown", said % {"count": bulk.size})
    if bulk.state == State.UNDONE:
        return Milestone("undone", _("Angret: ingenting er sendt"))
    told = ngettext("%(count)s person ble varslet", "%(count)s personer ble varslet", found.told)
    told = told % {"count": found.told}
    if found.is_settled:
        return Milestone("settled", f"{heading(bulk)}. {told}")
    if bulk.state == State.STOPPED:
        return Milestone("stopped", heading(bulk))
    passed = found.percent // STEP * STEP
    said = _("%(percent)s prosent er behandlet") % {"percent": passed} if passed else _("Sendingen har begynt")
    return Milestone(str(passed), said)


def heading(bulk: Bulk) -> str:
    """Say how it ended."""
    return _("Sendingen er stoppet") if bulk.state == State.STOPPED else _("Sendingen er ferdig")
