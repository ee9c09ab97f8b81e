"""The inbox: which dialogs a tab shows, and how many wait in each (spec E4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from clinics.models import Clinic, User
from patients.models import PortalAccount
from post.models import Dialog, DialogQuerySet, DialogState


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab; `rows` narrows, `is_counted` says whether its number is shown."""

    key: str
    label: object
    rows: Callable[[DialogQuerySet, User], DialogQuerySet]
    empty: object
    is_counted: bool = True


TABS = (
    Tab("uleste", _("Uleste"), lambda rows, user: rows.unread(), _("Ingen uleste meldinger")),
    Tab("mine", _("Mine"), lambda rows, user: rows.mine(user), _("Du har ingen åpne dialoger")),
    Tab("venter", _("Venter"), lambda rows, user: rows.waiting(), _("Ingen dialoger venter på svar")),
    Tab("besvarte", _("Besvarte"), lambda rows, user: rows.answered(), _("Ingen besvarte dialoger")),
    Tab("alle", _("Alle"), lambda rows, user: rows, _("Ingen dialoger ennå"), is_counted=False),
)
BY_KEY = {tab.key: tab for tab in TABS}


def rows_of(clinic: Clinic, tab: Tab, user: User, kind: str = "") -> DialogQuerySet:
    """Return the tab's dialogs with what a row shows, in joins and no query a row.

    Newest first; those that wait stand with the nearest deadline first, then the one that has waited longest.
    """
    rows = tab.rows(Dialog.objects.of(clinic), user)
    rows = shown(rows.filter(kind=kind) if kind else rows)
    if tab.key == "venter":
        return rows.order_by(F("answer_by").asc(nulls_last=True), "last_message_at", "pk")
    return rows.order_by("-last_message_at", "-pk")


def shown(rows: DialogQuerySet) -> DialogQuerySet:
    """Add the patient with the green icon (spec B4) and what the warning needs, and who has taken it."""
    accounts = PortalAccount.objects.filter(person__cards=OuterRef("patient"))  # no join: counting skips it
    found: DialogQuerySet = rows.select_related("patient__clinic", "taken_by").annotate(is_active_user=Exists(accounts))
    return found


def counts(clinic: Clinic, user: User) -> dict[str, int]:
    """Return how many dialogs each counted tab has, in one query over what is open."""
    mine = Q(taken_by=user) & ~Q(state=DialogState.CLOSED)
    interesting = Q(is_unread=True) | Q(state__in=[DialogState.WAITING, DialogState.ANSWERED]) | mine
    found: dict[str, int] = (
        Dialog.objects.of(clinic)
        .filter(interesting)
        .aggregate(
            uleste=Count("pk", filter=Q(is_unread=True)),
            mine=Count("pk", filter=mine),
            venter=Count("pk", filter=Q(state=DialogState.WAITING)),
            besvarte=Count("pk", filter=Q(state=DialogState.ANSWERED)),
        )
    )
    return found
