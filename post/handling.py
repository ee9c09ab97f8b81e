"""Who in the staff has a dialog, whether it is read, and whether it is put away (spec E4)."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clinics.models import Membership, User
from post.deadlines import answer_by
from post.models import Dialog, DialogState, Party
from post.writing import Newer, locked, log, newest


@transaction.atomic
def assign(dialog: Dialog, *, to: User | None, by: User, was: int | None) -> bool:
    """Give the dialog to a colleague, or to nobody; returns False when that is so already.

    `was` is the pk of whom the writer saw it with. Raises ValidationError when that has changed meanwhile, and for one
    who does not work at the clinic.
    """
    row = locked(dialog)
    wanted = to.pk if to else None
    if row.taken_by_id == wanted:
        return False
    if row.taken_by_id != was:
        who = row.taken_by or _("ingen")
        raise ValidationError(_("Dialogen er i mellomtiden tatt av %(who)s. Se over, og prøv igjen.") % {"who": who})
    if to and not Membership.objects.of(row.clinic).filter(user=to, is_active=True).exists():
        raise ValidationError(_("Kollegaen arbeider ikke ved klinikken."))
    row.taken_by = to
    row.save(update_fields=["taken_by"])
    log(row, by=by, what=f"taken by {wanted or 'nobody'}")
    return True


@transaction.atomic
def read_by_staff(dialog: Dialog, *, by: User, seen: int | None = None, now: datetime | None = None) -> int:
    """Note that the staff have read what the patient wrote (spec E4). Returns how many messages were new.

    `seen` is the pk of the newest message on the reader's page: what came after it stays unread.
    """
    row = locked(dialog)
    unread = row.messages.filter(party=Party.PATIENT, read_at=None)
    newer = unread.filter(pk__gt=seen) if seen else unread.none()
    is_read = not newer.exists()
    count = unread.exclude(pk__in=newer).update(read_at=now or timezone.now())
    if row.is_unread and is_read:
        row.is_unread = False
        row.save(update_fields=["is_unread"])
        log(row, by=by, what="marked read")
    return count


@transaction.atomic
def mark_unread(dialog: Dialog, *, by: User) -> bool:
    """Put the dialog back among the unread, for a colleague to see. Returns False when the patient never wrote."""
    row = locked(dialog)
    if row.is_unread or not row.messages.filter(party=Party.PATIENT).exists():
        return False
    row.is_unread = True
    row.save(update_fields=["is_unread"])
    log(row, by=by, what="marked unread")
    return True


@transaction.atomic
def close(dialog: Dialog, *, by: User, seen: int | None = None, now: datetime | None = None) -> bool:
    """Put the dialog away, read; returns False when it is so already. The patient can still write, which opens it.

    `seen` is the pk of the newest message on the page. Raises writing.Newer when there is a newer one: nobody has
    read it.
    """
    row = locked(dialog)
    if row.is_closed:
        return False
    if seen and newest(row) != seen:
        raise Newer
    row.messages.filter(party=Party.PATIENT, read_at=None).update(read_at=now or timezone.now())
    row.state, row.is_unread, row.answer_by = DialogState.CLOSED, False, None
    row.save(update_fields=["state", "is_unread", "answer_by"])
    log(row, by=by, what="closed")
    return True


@transaction.atomic
def came_back(dialog: Dialog) -> None:
    """Let the dialog wait for the clinic, unread: the system it comes from would not take the answer (spec D13)."""
    row = locked(dialog)
    row.state, row.is_unread = DialogState.WAITING, True
    row.save(update_fields=["state", "is_unread"])
    log(row, by=None, what="answer came back", source=row.source)


@transaction.atomic
def reopen(dialog: Dialog, *, by: User) -> bool:
    """Take the dialog up again, as its messages say it stands; returns False when it is open."""
    row = locked(dialog)
    if not row.is_closed:
        return False
    row.state, row.answer_by = standing_of(row)
    row.save(update_fields=["state", "answer_by"])
    log(row, by=by, what="reopened")
    return True


def standing_of(dialog: Dialog) -> tuple[DialogState, datetime | None]:
    """Return where the messages say the dialog stands, and by when it must be answered."""
    state, unanswered = DialogState.SENT, None
    for party, sent_at in dialog.messages.order_by("pk").values_list("party", "sent_at"):
        if party == Party.PATIENT:
            state, unanswered = DialogState.WAITING, unanswered or sent_at
        elif state == DialogState.WAITING:
            state, unanswered = DialogState.ANSWERED, None
    return state, answer_by(dialog.kind, unanswered, dialog.clinic.zone) if unanswered else None
