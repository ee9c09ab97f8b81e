"""Which kinds of dialogs the clinic uses (spec E1)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from clinics import audit
from clinics.models import AuditAction, Clinic, User
from post.models import SWITCHED, DialogKind, KindSwitch


def in_use(clinic: Clinic) -> set[str]:
    """Return the kinds that new dialogs may be opened in; off until switched on."""
    return set(KindSwitch.objects.of(clinic).filter(is_on=True, kind__in=SWITCHED).values_list("kind", flat=True))


def check(clinic: Clinic, kind: str) -> None:
    """Refuse a new dialog of a kind that the clinic does not use; open ones go on (spec E1). Raises ValidationError."""
    if kind not in in_use(clinic):
        label = DialogKind(kind).label
        raise ValidationError(_("Klinikken bruker ikke %(kind)s. En klinikkleder kan slå det på.") % {"kind": label})


@transaction.atomic
def switch(clinic: Clinic, kind: str, *, on: bool, by: User) -> bool:
    """Switch a kind on or off, and log it. Returns whether anything changed. Raises ValueError for e-contact."""
    if kind not in SWITCHED:
        raise ValueError(f"{kind} has no switch of the clinic's own")
    row, _made = KindSwitch.objects.select_for_update().get_or_create(clinic=clinic, kind=kind)
    if row.is_on == on:
        return False
    row.is_on = on
    row.save(update_fields=["is_on"])
    what = f"dialog kind {kind} {'on' if on else 'off'}"
    audit.record(AuditAction.SETTING, clinic=clinic, actor=by, what=what)
    return True
