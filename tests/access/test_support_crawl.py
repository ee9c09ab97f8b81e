"""Support, with the very rights it has in operation, sees no patient at any address (spec A7, threat 38)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinics.admin import site
from clinics.models import AuditEvent, User
from notifications.kinds import Channel
from notifications.models import ChannelPause
from overview.management import demo_staff
from tests.access.people import logged_in
from tests.access.world import FAMILY_NAME, World, urls
from tests.factories import PersonFactory

NUMBER, LOCAL, MOBILE = "01819955555", "KANARI-77", "+4742987654"


@pytest.fixture
def secrets(here: World) -> list[str]:
    """Everything that would give the patient away."""
    patient = here.patient
    patient.person, patient.local_number, patient.mobile = PersonFactory(national_number=NUMBER), LOCAL, MOBILE
    patient.save()
    return [FAMILY_NAME, NUMBER, LOCAL, MOBILE, MOBILE.removeprefix("+47"), patient.email]


@pytest.fixture
def support(here: World) -> Client:
    """Support's browser: a member of the group Support, no superuser, no clinic."""
    demo_staff.create_support()
    user = User.objects.get(email=demo_staff.SUPPORT)
    assert (user.is_superuser, user.memberships.count()) == (False, 0)
    return logged_in(user)


def told(response: Any, secrets: list[str]) -> list[str]:
    """Return which secrets the answer tells."""
    content = response.getvalue() if response.streaming else response.content
    headers = " ".join(f"{name}: {value}" for name, value in response.headers.items())
    return [secret for secret in secrets if secret in content.decode(errors="replace") + headers]


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_address_of_the_product_tells_support_of_a_patient(
    method: str, support: Client, here: World, secrets: list[str]
) -> None:
    leaks, reached = {}, set()
    for page in urls():
        if page.name == "account_logout":
            continue
        response = getattr(support, method)(page.url(here))
        if found := told(response, secrets):
            leaks[page.name] = found
        if page.is_ours and page.right is not None and response.status_code == 200:
            reached.add(page.name)

    assert leaks == {}
    assert reached == set()


def admin_addresses(here: World) -> Iterator[str]:
    """Yield every address of the admin, for every row there is, with searches, filters and choices."""
    yield reverse("admin:index")
    now = timezone.now()
    ChannelPause.objects.create(channel=Channel.SMS, reason="provider_setup", since=now, until=now)
    for model, admin in site._registry.items():
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{base}_changelist")
        yield reverse(f"{base}_changelist") + f"?q={FAMILY_NAME[:-1]}"  # the field shows again what was searched for
        yield reverse(f"{base}_add")
        for pk in model._base_manager.values_list("pk", flat=True):
            for name in ("change", "history", "delete"):
                yield reverse(f"{base}_{name}", args=[pk])
        for field in admin.get_autocomplete_fields(None):  # type: ignore[arg-type]
            yield reverse("admin:autocomplete") + choosing(model._meta.app_label, model._meta.model_name, field)
    for model in apps.get_app_config("patients").get_models():
        for field in model._meta.fields:
            yield reverse("admin:autocomplete") + choosing("patients", model._meta.model_name, field.name)
        yield f"/admin/patients/{model._meta.model_name}/"
        yield f"/admin/r/{here.patient.pk}/{here.patient.pk}/"


def choosing(app: str, model: str | None, field: str) -> str:
    """Return what a field with suggestions asks."""
    return f"?app_label={app}&model_name={model}&field_name={field}&term="


def test_no_page_of_the_admin_tells_of_a_patient(support: Client, here: World, secrets: list[str]) -> None:
    answers = {address: support.get(address) for address in admin_addresses(here)}

    assert {address: told(answer, secrets) for address, answer in answers.items() if told(answer, secrets)} == {}
    assert answers[reverse("admin:index")].status_code == 200
    assert answers[reverse("admin:clinics_clinic_history", args=[here.clinic.pk])].status_code == 200
    assert not [address for address, answer in answers.items() if "/patients/" in address and answer.status_code == 200]


def test_the_suggestions_are_clinics_and_users_alone(support: Client, here: World) -> None:
    """The crawl above would pass on refusals alone: these two answer."""
    found = {}
    for field in ("clinic", "user"):
        answer = support.get(reverse("admin:autocomplete") + choosing("clinics", "membership", field))
        found[field] = {row["text"] for row in json.loads(answer.content)["results"]}

    assert str(here.clinic) in found["clinic"]
    assert str(here.colleague.user) in found["user"]


@pytest.mark.parametrize(
    "path", ["family_name", "clinic__alias__x", "patient__family_name", "user__password__startswith"]
)
def test_a_filter_in_the_address_is_no_way_in(path: str, support: Client, here: World, secrets: list[str]) -> None:
    """Django's own guard of look-ups: what is not offered is refused, and says nothing by its answer."""
    answers = [support.get(reverse("admin:clinics_membership_changelist"), {path: word}) for word in (FAMILY_NAME, "x")]

    assert {answer.status_code for answer in answers} <= {302, 400}
    assert [told(answer, secrets) for answer in answers] == [[], []]


def test_what_support_changes_is_logged_without_values(support: Client, here: World) -> None:
    url = reverse("admin:clinics_membership_change", args=[here.colleague.pk])
    form = {"clinic": here.clinic.pk, "user": here.colleague.user_id, "role": "manager", "is_active": "on"}

    response = support.post(url, form)

    here.colleague.refresh_from_db()
    line = AuditEvent.objects.get(source="admin")
    assert (response.status_code, here.colleague.role) == (302, "manager")
    assert line.what.startswith(f"membership {here.colleague.pk}: ")
    assert "manager" not in line.what
    history = support.get(reverse("admin:clinics_membership_history", args=[here.colleague.pk]))
    assert history.status_code == 200
