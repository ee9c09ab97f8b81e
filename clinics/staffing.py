"""Change who works at the clinic, as its manager: grants, out of use, back, second factor (spec A7)."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from clinics import audit, mail
from clinics.models import AuditAction, Clinic, Membership, Role, User

GRANTS = ("role", "may_bulk_send", "may_export")


class Conflict(Exception):
    """Someone else has changed the colleague's access since it was looked at."""


def of(clinic: Clinic) -> QuerySet[Membership]:
    """Return the clinic's memberships with `has_code`, those in use first. One query."""
    codes = Authenticator.objects.filter(user=OuterRef("user"), type=Authenticator.Type.TOTP)
    rows: QuerySet[Membership] = Membership.objects.of(clinic).select_related("user")
    rows = rows.annotate(has_code=Exists(codes))
    return rows.order_by("-is_active", "user__last_name", "user__first_name", "pk")


def seen(row: Membership) -> str:
    """Return the access as one looked at it, to find out whether it has changed since."""
    return f"{row.role}:{int(row.may_bulk_send)}:{int(row.may_export)}:{int(row.is_active)}"


def change(row: Membership, *, role: str, may_bulk_send: bool, may_export: bool, as_seen: str, by: User) -> None:
    """Give a colleague another role and grants. Raises Conflict, or ValidationError when it may not be done."""
    with transaction.atomic():
        row = locked(row, by=by)
        given = {"role": role, "may_bulk_send": may_bulk_send, "may_export": may_export}
        changed = [name for name in GRANTS if getattr(row, name) != given[name]]
        if not changed:  # so already, also when pressed twice
            return
        if seen(row) != as_seen:
            raise Conflict
        for name in changed:
            setattr(row, name, given[name])
        row.save(update_fields=changed)
        keep_a_manager(row.clinic)
        record(row, ", ".join(changed), by=by)


def take_out_of_use(row: Membership, *, by: User) -> None:
    """End a colleague's access to the clinic at once; what acts for it elsewhere is logged out (`act_for_clinic`).

    Doing it twice does it once. Raises ValidationError when it may not be done.
    """
    with transaction.atomic():
        row = locked(row, by=by)
        if not row.is_active:
            return
        row.is_active = False
        row.save(update_fields=["is_active"])
        keep_a_manager(row.clinic)
        record(row, "out of use", by=by)


def bring_back(row: Membership, *, by: User) -> None:
    """Give a colleague back the access they had. Raises ValidationError when it may not be done."""
    with transaction.atomic():
        row = locked(row, by=by)
        if row.is_active:
            return
        row.is_active = True
        row.save(update_fields=["is_active"])
        record(row, "in use", by=by)


def reset_code(row: Membership, *, by: User) -> None:
    """Take away a colleague's second factor, end their sessions and tell them by e-mail.

    Raises ValidationError for one who works at other clinics too: that would reach beyond the manager's own.
    """
    with transaction.atomic():
        row = locked(row, by=by)
        user = User.objects.select_for_update().get(pk=row.user_id)
        refuse_beyond_clinic(row, user)
        Authenticator.objects.filter(user=user).delete()
        user.sessions_valid_from = timezone.now()
        user.save(update_fields=["sessions_valid_from"])
        record(row, "second factor reset", by=by)
        transaction.on_commit(lambda: mail.code_was_reset(user, row.clinic))


def refuse_beyond_clinic(row: Membership, user: User) -> None:
    """Refuse what concerns a user who is out of use here, is support, or works elsewhere. Raises ValidationError."""
    elsewhere = Membership.objects.filter(user=user, is_active=True).exclude(clinic=row.clinic)
    if not row.is_active or user.is_staff or user.is_superuser or elsewhere.exists():
        raise ValidationError(
            _("Tofaktor for denne brukeren kan bare nullstilles av brukerstøtte. Ta kontakt med dem.")
        )


def locked(row: Membership, *, by: User) -> Membership:
    """Lock the clinic's staff against other changes and return the row anew.

    Raises ValidationError for oneself, and for someone who has lost the right meanwhile.
    """
    if row.user_id == by.pk:
        raise ValidationError(_("Din egen tilgang må en annen klinikkleder eller brukerstøtte endre."))
    lock_staff(row.clinic, by=by)
    found: Membership = Membership.objects.of(row.clinic).select_related("clinic", "user").get(pk=row.pk)
    return found


def lock_staff(clinic: Clinic, *, by: User) -> None:
    """Lock the clinic's staff, and refuse someone who has lost the right meanwhile. Raises ValidationError."""
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
    if not Membership.objects.of(clinic).filter(user=by, is_active=True, role=Role.MANAGER).exists():
        raise ValidationError(_("Du er ikke lenger klinikkleder. Ingenting er endret."))


def keep_a_manager(clinic: Clinic) -> None:
    """Refuse a clinic without a manager who can log in. Raises ValidationError; the caller's change is rolled back."""
    managers = Membership.objects.of(clinic).filter(role=Role.MANAGER, is_active=True, user__is_active=True)
    if not managers.exists():
        raise ValidationError(_("Klinikken må ha minst én klinikkleder. Gi en annen rollen først."))


def record(row: Membership, what: str, *, by: User) -> None:
    """Log the change; ids and field names, never values."""
    audit.record(AuditAction.STAFF, clinic=row.clinic, actor=by, what=f"membership {row.pk}: {what}")
