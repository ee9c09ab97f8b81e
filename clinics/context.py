"""Template context: for which clinic, with which rights, in which colours, and what to tell."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy

from clinics import toasts
from clinics.access import Right

SCHEME_COOKIE = "utseende"
SCHEMES = ("light", "dark")
PATIENTS = ("/min/", "/v/")  # where the addresses of the patient's side begin

# Which entry of the side navigation a view belongs to: by name first, then by namespace.
SECTIONS = {
    "overview:home": "home",
    "overview": "patients",
    "patients": "patients",
    "timebook:of_patient": "patients",
    "timebook:types": "types",
    "timebook:type_new": "types",
    "timebook:type_edit": "types",
    "timebook:type_notices": "types",
    "timebook:booking_terms": "types",
    "timebook": "timebook",
    "post:of_patient": "patients",
    "post:kinds": "kinds",
    "post": "post",
    "bulk_send": "bulks",
    "economy:of_patient": "patients",
    "economy": "economy",
    "notifications:card": "patients",
    "notifications:resend": "log",
    "notifications": "log",
    "clinics:practitioners": "practitioners",
    "clinics:practitioner_new": "practitioners",
    "clinics:practitioner_edit": "practitioners",
    "clinics:places": "places",
    "clinics:place_new": "places",
    "clinics:place_edit": "places",
    "clinics:hours": "hours",
    "clinics:closed_day_new": "hours",
    "clinics": "staff",
    "selection": "patients",
    "audit": "audit",
    "risk": "risk",
    "integrations": "imports",
    "neighbours": "neighbours",
    "fhir_clients": "neighbours",
}


def acting_clinic(request: HttpRequest) -> dict[str, Any]:
    """Give templates the acting clinic, the membership and `can.<right>`."""
    rights: frozenset[Right] = getattr(request, "rights", frozenset())
    return {
        "clinic": getattr(request, "clinic", None),
        "membership": getattr(request, "membership", None),
        "other_memberships": getattr(request, "other_memberships", []),
        "can": {right.value: right in rights for right in Right},
        "section": section(request),
        "colour_scheme": colour_scheme(request),
        "toasts": lambda: toasts.take(request),
        **error_side(request),
    }


def error_side(request: HttpRequest) -> dict[str, Any]:
    """Return how a page that could not be shown looks, and where it leads: a patient is never sent to staff's log-in.

    Goes by the address alone: there may be no view, and whoever asks may not be known.
    """
    if request.path.startswith(PATIENTS):
        page = "portal/_error_page.html"
        return {"error_base": "portal/entrance.html", "error_page": page, "home_url": reverse_lazy("portal:home")}
    base = "base.html" if getattr(request, "clinic", None) else "entrance.html"
    return {"error_base": base, "error_page": "components/_error_page.html", "home_url": reverse_lazy("overview:home")}


def section(request: HttpRequest) -> str:
    """Return the side navigation's key for the page."""
    match = getattr(request, "resolver_match", None)
    if match is None:
        return ""
    return SECTIONS.get(match.view_name) or SECTIONS.get(match.namespace, "")


def colour_scheme(request: HttpRequest) -> str:
    """Return the user's choice of colours, light unless they chose dark."""
    chosen = request.COOKIES.get(SCHEME_COOKIE, "")
    return chosen if chosen in SCHEMES else SCHEMES[0]
