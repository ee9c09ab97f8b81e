"""E-mail to staff: an invitation, and what has happened to their second factor. Texts are in templates/clinics/mail."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from anymail.exceptions import AnymailError
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from clinics.models import Clinic, User

log = logging.getLogger(__name__)


def invite(email: str, clinic: Clinic, link: str) -> bool:
    """Send the link. Returns whether the mail provider took it."""
    text = render_to_string("clinics/mail/invitation.txt", {"clinic": clinic, "link": link})
    return send(_("Invitasjon til Pasientvarsel"), text, email)


def code_was_reset(user: User, clinic: Clinic) -> bool:
    """Tell a colleague that their second factor is gone. Returns whether the mail provider took it."""
    text = render_to_string("clinics/mail/code_was_reset.txt", {"clinic": clinic})
    return send(_("Tofaktor er nullstilt i Pasientvarsel"), text, user.email)


def wrong_codes(user: User) -> bool:
    """Warn someone whose password is known to another. Returns whether the mail provider took it."""
    link = settings.PUBLIC_BASE_URL + reverse("account_reset_password")
    text = render_to_string("clinics/mail/wrong_codes.txt", {"link": link})
    return send(_("Feil kode flere ganger i Pasientvarsel"), text, user.email)


def send(subject: str, text: str, email: str) -> bool:
    """Hand one mail to the provider. A failure is logged without address or text."""
    try:
        return bool(send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [email]))
    except (AnymailError, SMTPException, OSError) as error:
        log.warning("Mail to staff was not taken: %s", type(error).__name__)
        return False
