"""The pages that show what switching notices on would do (spec A2, D8)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinics.models import Clinic
from notifications.kinds import Kind
from notifications.models import Notification
from tests.access.people import logged_in, supporter
from tests.access.world import World
from timebook import foresight
from timebook.models import Appointment, AppointmentType


def test_the_manager_sees_the_numbers_and_a_changed_book_is_said(here: World, manager: Client) -> None:
    """The page: numbers, names to mend, and a conflict that says what to do."""
    AppointmentType.objects.update(notices=False)
    url = reverse("timebook:type_notices", args=[here.type.pk])
    page = manager.get(url)
    late = manager.post(url, {"notices": "on", "seen": "0" * 32})
    done = manager.post(url, {"notices": "on", "seen": late.context["seen"].digest})

    assert "Dette skjer når du slår på" in page.content.decode()
    assert late.status_code == 409
    assert "Ingenting er slått på" in late.content.decode()
    assert done.status_code == 302
    assert AppointmentType.objects.get(pk=here.type.pk).notices


@pytest.mark.parametrize(("is_on", "times"), [(True, 0), (False, 1)])
def test_the_book_is_judged_only_when_the_switch_is_off_and_once(
    is_on: bool, times: int, here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clinic's page is opened for other reasons too, and a book is long (spec D8)."""
    Clinic.objects.filter(pk=here.clinic.pk).update(timebook_notices=is_on)
    client, url = logged_in(supporter()), reverse("admin:clinics_clinic_change", args=[here.clinic.pk])
    judged, judge = [], foresight.of_module
    monkeypatch.setattr(foresight, "of_module", lambda *given: judged.append(given) or judge(*given))

    opened = client.get(url)
    refused = client.post(url, {"name": ""})

    assert (opened.status_code, refused.status_code) == (200, 200)
    assert len(judged) == 2 * times


def test_support_sees_numbers_and_no_names_before_switching_the_module(here: World) -> None:
    """spec A2, A7."""
    Clinic.objects.filter(pk=here.clinic.pk).update(timebook_notices=False)
    AppointmentType.objects.update(notices=True)
    Appointment.objects.update(starts_at=timezone.now() + timedelta(days=4), ends_at=timezone.now() + timedelta(days=5))
    client, url = logged_in(supporter()), reverse("admin:clinics_clinic_change", args=[here.clinic.pk])
    page = client.get(url)
    text = page.content.decode()
    form = {name: getattr(here.clinic, name) for name in ("name", "alias", "sms_sender", "phone", "time_zone")}
    form["bulk_daily_limit"] = here.clinic.bulk_daily_limit
    form |= {"is_active": "on", "is_demo": "on", "econtact_provider": "", "timebook_notices": "on"}

    refused = client.post(url, form | {"seen": "0" * 32})
    assert not Clinic.objects.get(pk=here.clinic.pk).timebook_notices
    digest = page.context["adminform"].form["seen"].value()
    accepted = client.post(url, form | {"seen": digest})

    assert "Påminnelse 48 timer før" in text
    assert here.patient.family_name not in text
    assert "Timeboken har endret seg" in refused.content.decode()
    assert accepted.status_code == 302
    waiting = Notification.objects.waiting().filter(kind=Kind.APPOINTMENT_REMINDER)
    assert waiting.filter(due_at__gt=timezone.now()).exists()
