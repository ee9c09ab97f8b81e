"""Support administers clinics, modules, grants and staff in Django admin, all logged (spec A2, A6, A7)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from clinics.admin import site
from clinics.models import AuditAction, AuditEvent, Clinic, User
from tests.access.people import logged_in, supporter
from tests.access.world import World


def test_only_these_models_are_in_the_admin() -> None:
    """Threat 38: no patient, appointment, notice or audit rows."""
    assert {model._meta.label for model in site._registry} == {
        "clinics.Clinic",
        "clinics.Membership",
        "clinics.User",
        "notifications.ChannelPause",
    }


def fields_of(clinic: Clinic) -> dict[str, object]:
    """Return the clinic as the admin's form posts it."""
    names = ["name", "alias", "sms_sender", "phone", "time_zone", "econtact_provider", "bulk_daily_limit"]
    return {name: getattr(clinic, name) for name in names} | {"is_active": "on", "is_demo": "on"}


@pytest.mark.parametrize("module", ["post_notices", "timebook_notices", "economy_notices"])
def test_support_switches_a_module_and_it_is_logged(module: str, here: World) -> None:
    """spec A2."""
    support = supporter()
    url = reverse("admin:clinics_clinic_change", args=[here.clinic.pk])
    others = {name: "on" for name in ("post_notices", "timebook_notices", "economy_notices") if name != module}

    response = logged_in(support).post(url, fields_of(here.clinic) | others)

    here.clinic.refresh_from_db()
    line = AuditEvent.objects.get(action=AuditAction.SETTING, actor=support)
    assert response.status_code == 302
    assert getattr(here.clinic, module) is False
    assert (line.clinic, line.source) == (here.clinic, "admin")
    assert line.what.startswith(f"clinic {here.clinic.pk}: ")


def test_support_adds_a_user_whose_address_counts_once(here: World) -> None:
    client = logged_in(supporter())
    url = reverse("admin:clinics_user_add")
    form = {"email": "Ny@Example.com", "usable_password": "true", "password1": "et-langt-passord-her"}
    form["password2"] = form["password1"]

    first = client.post(url, form)
    second = client.post(url, form | {"email": "NY@example.com"})

    assert first.status_code == 302
    assert "Adressen hører alt til en bruker." in second.content.decode()
    assert User.objects.filter(email="ny@example.com").count() == 1


def test_nothing_is_deleted(here: World) -> None:
    response = logged_in(supporter()).post(
        reverse("admin:clinics_clinic_delete", args=[here.clinic.pk]), {"post": "yes"}
    )

    assert response.status_code == 403
