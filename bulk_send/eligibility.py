"""Who can be sent to, and why the others cannot: one rule, judged in the database for any number (spec I1, I3)."""

from __future__ import annotations

from django.db.models import Case, CharField, Exists, OuterRef, Q, Value, When
from django.utils.translation import gettext as _

from bulk_send.models import Type
from clinics.models import Clinic, Module
from notifications.kinds import Reason
from patients.models import Consent, PortalAccount


def unavailable(clinic: Clinic) -> dict[str, str]:
    """Return what the clinic cannot send, with the reason; both types are available when it is empty (spec I1)."""
    missing: dict[str, str] = {}
    if not clinic.free_text_sms:
        missing[Type.SMS] = _("Klinikken har ikke tilgang til fritekst-SMS. Be leverandøren om den.")
    if not clinic.econtact_provider:
        missing[Type.ECONTACT] = _("Klinikken har ingen leverandør av e-kontakt (Helsenorge eller Besøklegen).")
    elif not clinic.notifies(Module.POST):
        missing[Type.ECONTACT] = _("Klinikken har ikke modulen Post.")
    return missing


def lost(clinic: Clinic, bulk_type: str) -> Reason | None:
    """Return why the clinic may no longer send the type, for recipients whose turn comes after it was taken away."""
    if bulk_type not in unavailable(clinic):
        return None
    if bulk_type == Type.ECONTACT and clinic.econtact_provider:
        return Reason.MODULE_OFF
    return Reason.GRANT_GONE


def why_not(bulk_type: str, clinic: Clinic, prefix: str = "", *, by_row: bool = False) -> Case:
    """Return the reason why a patient cannot be sent to, empty when they can; `prefix` leads to the patient.

    Accounts are joined: asked for row by row, 100,000 take a second. `by_row` is for a page, which stops after a few.
    """
    whens = [
        When(on(prefix, consent=Consent.WITHDRAWN), then=Value(Reason.CONSENT_WITHDRAWN)),
        When(~on(prefix, consent=Consent.GIVEN), then=Value(Reason.NO_CONSENT)),
        *(sms_problems(clinic, prefix) if bulk_type == Type.SMS else econtact_problems(prefix, by_row=by_row)),
    ]
    return Case(*whens, default=Value(""), output_field=CharField())


def sms_problems(clinic: Clinic, prefix: str) -> list[When]:
    """The same questions as `reach.sms_problem`, in the same order."""
    whens = [
        When(on(prefix, mobile=""), then=Value(Reason.NO_MOBILE)),
        When(on(prefix, is_landline=True), then=Value(Reason.LANDLINE)),
        When(~on(prefix, mobile_dead=""), then=Value(Reason.MOBILE_DEAD)),
    ]
    if not clinic.foreign_numbers:
        whens.append(When(~on(prefix, mobile__startswith="+47"), then=Value(Reason.FOREIGN_NUMBER)))
    return whens


def econtact_problems(prefix: str, *, by_row: bool) -> list[When]:
    """Electronically active, which is an e-contact mark or a portal account (spec B4), and a way to tell them (I3)."""
    accounts = PortalAccount.objects.filter(person=OuterRef(f"{prefix}person"))
    no_account = ~Q(Exists(accounts)) if by_row else on(prefix, person__account=None)
    by_email = ~on(prefix, email="") & on(prefix, email_dead="")
    by_sms = ~on(prefix, mobile="") & on(prefix, is_landline=False, mobile_dead="")
    return [
        When(on(prefix, has_econtact=False) & no_account, then=Value(Reason.NOT_ELECTRONIC)),
        When(~(by_email | by_sms), then=Value(Reason.NO_CONTACT)),
    ]


def on(prefix: str, **lookups: object) -> Q:
    """Put the prefix before every lookup."""
    return Q(**{f"{prefix}{name}": value for name, value in lookups.items()})
