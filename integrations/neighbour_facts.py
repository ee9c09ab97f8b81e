"""What the settings pages show of neighbours: access, key pair, last contact, last calls and errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Max, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinics.models import Clinic
from integrations import events, grants
from integrations.neighbour_models import Call, KeyPair, Neighbour, Result, Why

SHOWN = 50  # calls on the page
WENT = (Result.DONE, Result.REPEATED)
KINDS: dict[str, Promise] = {
    "?": _("Ikke lest"),
    "ping": _("Prøvekall"),
    "status": _("Spurte om de svarer"),
    "payment.completed": _("Betaling på terminal"),
    "appointment.created": _("Ny time"),
    "appointment.changed": _("Endret time"),
    "appointment.cancelled": _("Avlyst eller avbestilt time"),
    "message.created": _("Melding fra pasient"),
    "message.read": _("Pasienten har lest"),
    "econtact.delivered": _("E-kontakt levert"),
    "econtact.read": _("E-kontakt lest"),
    "econtact.refused": _("E-kontakt avvist"),
    "answer": _("Svar fra klinikken"),
    "appointment": _("Klinikken har endret timen"),
    "active": _("Spurte hvem som har EP-kontakt"),
}
ABOUT: dict[str, Promise] = {
    Neighbour.HELSENORGE: _("Timer og dialoger fra Helsenorge, og e-kontakt til pasienter der."),
    Neighbour.DIGICARE: _("Timer og dialoger fra DigiCare."),
    Neighbour.BESOKLEGEN: _("E-kontakt til pasienter hos Besøklegen, og meldinger derfra."),
    Neighbour.CONVENE: _("Betaling på terminalen markerer regningskortet betalt."),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """One neighbour, as the list shows it."""

    neighbour: Neighbour
    about: Promise
    is_granted: bool
    missing: Promise | str
    pair: KeyPair | None
    last_contact: datetime | None
    last_error: datetime | None

    @property
    def is_on(self) -> bool:
        """Whether it may call."""
        return self.is_granted and self.pair is not None

    @property
    def has_trouble(self) -> bool:
        """Whether the latest that happened went wrong."""
        return self.last_error is not None and (self.last_contact is None or self.last_error > self.last_contact)


def of(clinic: Clinic) -> Sequence[Facts]:
    """Return every neighbour, with three queries."""
    pairs = {pair.neighbour: pair for pair in KeyPair.objects.of(clinic).select_related("made_by")}
    went = Q(result__in=WENT)
    rows = Call.objects.of(clinic).values("neighbour").annotate(ok=Max("at", filter=went), bad=Max("at", filter=~went))
    seen = {row["neighbour"]: (row["ok"], row["bad"]) for row in rows.order_by("neighbour")}
    return [
        Facts(
            neighbour=one,
            about=ABOUT[one],
            is_granted=grants.is_granted(clinic, one),
            missing=grants.MISSING.get(one, ""),
            pair=pairs.get(one),
            last_contact=seen.get(one, (None, None))[0],
            last_error=seen.get(one, (None, None))[1],
        )
        for one in Neighbour
    ]


def one_of(clinic: Clinic, neighbour: Neighbour) -> Facts:
    """Return one neighbour."""
    return next(facts for facts in of(clinic) if facts.neighbour == neighbour)


@dataclass(frozen=True, slots=True)
class Line:
    """Calls of one minute that went the same way, in words."""

    at: datetime
    kind: Promise | str
    result: str
    words: str
    reason: str
    count: int


def calls_of(clinic: Clinic, neighbour: Neighbour) -> Sequence[Line]:
    """Return the latest calls, newest first."""
    rows = Call.objects.of(clinic).filter(neighbour=neighbour).order_by("-at", "-pk")[:SHOWN]
    return [
        Line(
            at=row.at,
            kind=KINDS.get(row.kind, row.kind),
            result=row.result,
            words=str(Result(row.result).label),
            reason=str(Why(row.reason).label) if row.reason else "",
            count=row.count,
        )
        for row in rows
    ]


def address(neighbour: Neighbour) -> str:
    """Return what the neighbour calls."""
    return f"{settings.PUBLIC_BASE_URL}{reverse('neighbours_in:event', args=[neighbour])}"


def may_tell(neighbour: Neighbour) -> Sequence[Promise | str]:
    """Return in words what the neighbour may tell."""
    return [KINDS[type_] for type_ in events.types_of(neighbour) if type_ != "ping"]
