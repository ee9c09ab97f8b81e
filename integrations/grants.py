"""Which neighbours a clinic may use: what support has granted (spec A6), and the manager's key pair."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinics.models import Clinic
from integrations.neighbour_models import Neighbour

GRANTS: dict[str, Callable[[Clinic], bool]] = {
    Neighbour.HELSENORGE: lambda clinic: clinic.econtact_provider == Neighbour.HELSENORGE,
    Neighbour.BESOKLEGEN: lambda clinic: clinic.econtact_provider == Neighbour.BESOKLEGEN,
    Neighbour.CONVENE: lambda clinic: clinic.convene,
    Neighbour.DIGICARE: lambda clinic: True,  # spec A6 names no grant: the manager's key pair is the switch
}
MISSING: dict[str, Promise] = {
    Neighbour.HELSENORGE: _("Klinikken har ikke Helsenorge som leverandør av e-kontakt. Be leverandøren vår om det."),
    Neighbour.BESOKLEGEN: _("Klinikken har ikke Besøklegen som leverandør av e-kontakt. Be leverandøren vår om det."),
    Neighbour.CONVENE: _("Klinikken har ikke tilgang til Convene betalingsterminal. Be leverandøren vår om den."),
}


def is_granted(clinic: Clinic, neighbour: str) -> bool:
    """Whether support has granted the clinic the neighbour."""
    return GRANTS[neighbour](clinic)
