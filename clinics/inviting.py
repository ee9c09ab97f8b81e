"""Invite a colleague by e-mail, and let them in: one link, one use, seven days, one address, one clinic (spec A7)."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinics import audit, mail
from clinics.hashing import hashed
from clinics.models import AuditAction, Clinic, Invitation, Membership, User
from clinics.staffing import lock_staff

LASTS = timedelta(days=7)
PAUSE = timedelta(minutes=1)  # between two mails with the same invitation: pressing twice sends once


def waiting(clinic: Clinic) -> QuerySet[Invitation]:
    """Return the clinic's invitations that nobody has accepted or withdrawn, expired ones too, newest first."""
    rows: QuerySet[Invitation] = Invitation.objects.of(clinic).filter(accepted_at=None, withdrawn_at=None)
    return rows.order_by("-created_at", "-pk")


def invite(clinic: Clinic, *, email: str, role: str, may_bulk_send: bool, may_export: bool, by: User) -> Invitation:
    """Make an invitation and send it. Raises ValidationError for an address that is on the clinic's list already."""
    token, now = secrets.token_urlsafe(32), timezone.now()
    with transaction.atomic():
        lock_staff(clinic, by=by)
        refuse_known(clinic, email)
        row = Invitation.objects.create(
            clinic=clinic,
            email=email.lower(),
            role=role,
            may_bulk_send=may_bulk_send,
            may_export=may_export,
            token_hash=hashed(token),
            invited_by=by,
            expires_at=now + LASTS,
        )
        record(row, "invited", by=by)
    return deliver(row, token)


def send_again(row: Invitation, *, by: User) -> Invitation:
    """Send a new link, which lasts seven days anew; the old one stops working. Raises ValidationError."""
    token, now = secrets.token_urlsafe(32), timezone.now()
    with transaction.atomic():
        lock_staff(row.clinic, by=by)
        row = locked(row)
        if row.sent_at and now - row.sent_at < PAUSE:
            raise ValidationError(_("Invitasjonen er nettopp sendt. Vent ett minutt før du sender den på nytt."))
        row.token_hash, row.expires_at, row.sent_at = hashed(token), now + LASTS, None
        row.save(update_fields=["token_hash", "expires_at", "sent_at"])
        record(row, "sent again", by=by)
    return deliver(row, token)


def withdraw(row: Invitation, *, by: User) -> None:
    """Make the link stop working. Raises ValidationError when it has been accepted or withdrawn already."""
    with transaction.atomic():
        lock_staff(row.clinic, by=by)
        row = locked(row)
        row.withdrawn_at = timezone.now()
        row.save(update_fields=["withdrawn_at"])
        record(row, "withdrawn", by=by)


def find(token_hash: str, now: datetime) -> Invitation | None:
    """Return the invitation that the link stands for, or None when it no longer works."""
    row = Invitation.objects.select_related("clinic").filter(token_hash=token_hash).first() if token_hash else None
    return row if row and row.is_open(now) and row.clinic.is_active else None


def accept(invitation: Invitation, user: User) -> Membership:
    """Make the user a member of the clinic. Raises ValidationError when the link is used, or is someone else's."""
    with transaction.atomic():
        row = locked(invitation)
        if not row.is_open(timezone.now()) or row.email != user.email.lower():
            raise ValidationError(_("Invitasjonen gjelder ikke lenger, eller gjelder en annen adresse."))
        granted = {"role": row.role, "may_bulk_send": row.may_bulk_send, "may_export": row.may_export}
        membership, is_new = Membership.objects.get_or_create(clinic=row.clinic, user=user, defaults=granted)
        row.accepted_at = timezone.now()
        row.save(update_fields=["accepted_at"])
        record(row, f"accepted, membership {membership.pk}{'' if is_new else ' as it was'}", by=user)
    return membership


def accept_as_new(invitation: Invitation, *, first_name: str, last_name: str, password: str) -> User:
    """Make the user and the membership. Raises ValidationError when the link is used or the address has a user."""
    with transaction.atomic():
        row = locked(invitation)
        if User.objects.filter(email__iexact=row.email).exists():
            raise ValidationError(_("Adressen har alt en bruker. Logg inn for å bli med."))
        user = User.objects.create_user(row.email, password, first_name=first_name, last_name=last_name)
        accept(row, user)
    return user


def deliver(row: Invitation, token: str) -> Invitation:
    """Send the link, and note whether the mail provider took it."""
    link = settings.PUBLIC_BASE_URL + reverse("clinics:invitation_link", args=[token])
    if mail.invite(row.email, row.clinic, link):
        row.sent_at = timezone.now()
        row.save(update_fields=["sent_at"])
    return row


def refuse_known(clinic: Clinic, email: str) -> None:
    """Refuse an address that works here or is invited, saying nothing of other clinics. Raises ValidationError."""
    member = Membership.objects.of(clinic).filter(user__email__iexact=email).first()
    if member and member.is_active:
        raise ValidationError({"email": _("Adressen hører alt til en ansatt ved klinikken.")})
    if member:
        raise ValidationError({"email": _("Den ansatte er ute av bruk. Ta tilgangen i bruk igjen fra listen.")})
    if waiting(clinic).filter(email__iexact=email).exists():
        raise ValidationError({"email": _("Adressen er alt invitert. Send invitasjonen på nytt fra listen.")})


def locked(row: Invitation) -> Invitation:
    """Lock and return the row anew. Raises ValidationError when it is accepted or withdrawn."""
    found: Invitation = Invitation.objects.select_for_update(of=("self",)).select_related("clinic").get(pk=row.pk)
    if found.accepted_at or found.withdrawn_at:
        raise ValidationError(_("Invitasjonen er alt brukt eller trukket."))
    return found


def record(row: Invitation, what: str, *, by: User) -> None:
    """Log it; ids only."""
    audit.record(AuditAction.STAFF, clinic=row.clinic, actor=by, what=f"invitation {row.pk}: {what}")
