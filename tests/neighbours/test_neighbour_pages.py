"""The manager's pages of neighbouring systems, and who is active at the e-contact provider."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from bulk_send import gateways as bulk_gateways
from clinics.models import AuditEvent, Clinic, Role
from integrations import active, gateways, neighbour_facts
from integrations.neighbour_models import ActiveCheck, Call, KeyPair, Neighbour, Why
from notifications.providers.base import LookupFailed
from patients.models import Patient
from tests.access.people import colleague, logged_in
from tests.factories import ClinicFactory, PatientFactory, PersonFactory
from tests.neighbours.neighbour_calls import Caller


@pytest.fixture(autouse=True)
def no_collected_files(settings: object) -> None:
    """Let static files come from their folders."""
    settings.WHITENOISE_AUTOREFRESH = True


class Provider:
    """A provider's gateway that knows some numbers, and answers badly when told."""

    is_set_up, is_real = True, False

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.asked: list[int] = []
        self.answers: list[tuple[int, Any]] = []

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Say who is active, or what is scripted."""
        if path == "/status":
            return self.answers.pop(0) if self.answers else (200, {"status": "ok"})
        numbers = [one["value"] for one in body["recipients"]]
        self.asked.append(len(numbers))
        if self.answers:
            status, answer = self.answers.pop(0)
            if not status:
                raise LookupFailed("Timeout")
            return status, answer
        return 200, {"active": [number for number in numbers if number in self.known]}

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    scripted = Provider()
    gateways.MADE["helsenorge"] = scripted
    yield scripted
    gateways.forget()


@pytest.fixture
def clinic(db: None) -> Clinic:
    return ClinicFactory(econtact_provider="helsenorge")


def test_the_manager_makes_rotates_tries_and_withdraws_a_key_pair(clinic, provider, django_assert_max_num_queries):
    """spec A6: the secret is shown once; a second press or a reload makes no other; every step is in the log."""
    manager = logged_in(colleague(clinic, Role.MANAGER))
    page, press = reverse("neighbours:neighbour", args=["helsenorge"]), reverse("neighbours:key", args=["helsenorge"])

    def content(response: Any) -> str:
        return response.content.decode()

    empty = content(manager.get(page))
    assert "Ingen kall ennå" in empty
    assert "Lag nøkkelpar" in empty
    made = content(manager.post(press, {"seen": "0"}))
    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", made)
    again = manager.post(press, {"seen": "0"}, follow=True)
    assert "vises bare én gang" in content(again)
    assert "whsec_" not in content(again)
    assert "whsec_" not in content(manager.get(page))
    assert KeyPair.objects.get().turn == 1
    assert manager.post(press, {"seen": "1"}).status_code == 200
    tried = content(manager.post(reverse("neighbours:test", args=["helsenorge"])))
    assert "blir godtatt" in tried
    assert "Helsenorge svarer" in tried
    provider.answers = [(401, None)]
    assert "godtok ikke nøkkelen vår" in content(manager.post(reverse("neighbours:test", args=["helsenorge"])))
    with django_assert_max_num_queries(14):
        shown = content(manager.get(page))
    assert "Prøvekall" in shown
    assert "godtas til" in shown
    manager.post(reverse("neighbours:withdraw", args=["helsenorge"]))
    assert not KeyPair.objects.exists()
    assert "laget noe nøkkelpar" in content(manager.post(reverse("neighbours:test", args=["helsenorge"])))
    said = AuditEvent.objects.filter(clinic=clinic, action="setting").order_by("pk").values_list("what", flat=True)
    assert list(said) == ["key helsenorge made", "key helsenorge made", "key helsenorge withdrawn"]
    assert secret.startswith("whsec_")


def test_the_list_tells_what_is_granted_and_what_fails(clinic):
    """spec A6: support's grants decide; what went wrong last stands out; another clinic's calls are not seen."""
    digicare = Caller(clinic, Neighbour.DIGICARE)
    Caller(ClinicFactory(), Neighbour.DIGICARE).tell("ping")
    digicare.tell("ping")
    digicare.tell("nothing")
    listed = {facts.neighbour: facts for facts in neighbour_facts.of(clinic)}

    assert {name: (facts.is_granted, facts.is_on) for name, facts in listed.items()} == {
        "helsenorge": (True, False),
        "digicare": (True, True),
        "besoklegen": (False, False),
        "convene": (False, False),
    }
    assert listed["digicare"].has_trouble
    lines = neighbour_facts.calls_of(clinic, Neighbour.DIGICARE)
    assert [(str(line.kind), line.words, line.reason) for line in lines] == [
        ("Ikke lest", "Avvist", Why.UNKNOWN_TYPE.label),
        ("Prøvekall", "Utført", ""),
    ]
    content = logged_in(colleague(clinic, Role.MANAGER)).get(reverse("neighbours:list")).content.decode()
    assert content.count("Ikke bestilt") == 2
    assert logged_in(colleague(clinic)).get(reverse("neighbours:list")).status_code == 403


def known(clinic: Clinic, number: str, *, mark: bool) -> Patient:
    """Make a patient with a national number."""
    return PatientFactory(clinic=clinic, person=PersonFactory(national_number=number), has_econtact=mark)


def test_who_is_active_is_asked_by_the_batch_and_kept_when_it_breaks_off(
    clinic, provider, monkeypatch, django_assert_max_num_queries
):
    """spec I2, I3: marks come and go; a failure keeps the marks of those not asked, and says why."""
    monkeypatch.setattr(active, "BATCH", 2)
    gone, new = known(clinic, "01810112345", mark=True), known(clinic, "02810112345", mark=False)
    still, last = known(clinic, "03810112345", mark=True), known(clinic, "04810112345", mark=True)
    nobody = PatientFactory(clinic=clinic, local_number="", has_econtact=True)
    theirs = PatientFactory(has_econtact=True)
    provider.known = {"02810112345", "03810112345"}
    now = timezone.now()

    def marks() -> list[bool]:
        rows = (gone, new, still, last, nobody, theirs)
        return [Patient.objects.get(pk=row.pk).has_econtact for row in rows]

    provider.answers = [(200, {"active": ["02810112345"]}), (0, None)]
    assert not active.refresh(clinic.pk, now)
    check = ActiveCheck.objects.get()
    assert marks() == [False, True, True, True, True, True]
    assert (check.reason, check.asked_at, check.begun_at, check.tried_at) == (Why.NO_CONTACT, None, None, now)
    for wrong in ((500, None), (200, []), (200, {"active": "x"}), (200, None)):
        provider.answers = [wrong]
        assert not active.refresh(clinic.pk, now)
        assert marks()[:3] == [False, True, True]
    with django_assert_max_num_queries(20):
        assert active.refresh(clinic.pk, now)
    check.refresh_from_db()
    assert marks() == [False, True, True, False, False, True]
    assert (check.asked, check.active, check.asked_at, check.reason) == (4, 2, now, "")
    assert max(provider.asked) == 2
    assert set(Call.objects.values_list("kind", "result")) == {("active", "done"), ("active", "failed")}
    provider.is_real = True
    assert not active.refresh(clinic.pk, now)  # a demo clinic's people are nobody's


def test_clinics_take_turns_at_night_and_when_the_button_is_pressed(clinic, provider):
    """At the clinic's own night, once; by day for the one who presses; a worker at it is left alone."""
    ClinicFactory(econtact_provider="")
    night = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)  # 02:30 in Norway
    day = night + timedelta(hours=8)

    assert active.due(night) == [clinic.pk]
    assert active.due(day) == []
    active.refresh(clinic.pk, night)
    assert active.due(night + timedelta(hours=1)) == []
    assert active.due(night + timedelta(days=1)) == [clinic.pk]
    manager = logged_in(colleague(clinic, Role.MANAGER))
    assert manager.post(reverse("neighbours:ask_active", args=["helsenorge"])).status_code == 302
    assert manager.post(reverse("neighbours:ask_active", args=["besoklegen"])).status_code == 404
    assert active.due(day) == [clinic.pk]
    ActiveCheck.objects.update(begun_at=day)
    assert active.due(day) == []
    assert not active.refresh(clinic.pk, day)
    assert active.due(day + timedelta(minutes=16)) == [clinic.pk]


def test_a_provider_that_is_down_is_asked_again_with_a_pause(clinic, provider):
    """Once in a quarter of an hour through the night; a number that nobody asked about marks nobody."""
    night = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
    known(clinic, "01810112345", mark=False)
    nobody = PatientFactory(clinic=clinic, local_number="")
    provider.answers = [(500, None), (200, {"active": ["", "09999999999"]})]

    active.refresh(clinic.pk, night)

    assert active.due(night + timedelta(minutes=14)) == []
    assert active.due(night + timedelta(minutes=15)) == [clinic.pk]
    assert active.refresh(clinic.pk, night + timedelta(minutes=15))
    assert (ActiveCheck.objects.get().active, Patient.objects.get(pk=nobody.pk).has_econtact) == (0, False)


def test_another_provider_takes_no_marks_over(clinic, provider):
    """spec I3: the former's marks go, the new one is asked at once; imported marks stay until someone is asked."""
    patient = known(clinic, "01810112345", mark=True)
    provider.known, now = {"01810112345"}, timezone.now()
    gateways.MADE["besoklegen"] = provider
    active.forget_former(now)
    assert Patient.objects.get(pk=patient.pk).has_econtact

    active.refresh(clinic.pk, now)
    clinic.econtact_provider = "besoklegen"
    clinic.save()
    assert bulk_gateways.marks(clinic, now).is_stale
    active.forget_former(now)

    assert not Patient.objects.get(pk=patient.pk).has_econtact
    assert active.due(now) == [clinic.pk]
    assert active.refresh(clinic.pk, now)
    assert Patient.objects.get(pk=patient.pk).has_econtact
    assert bulk_gateways.marks(clinic, now) == (now, False)
    card = logged_in(colleague(clinic)).get(reverse("overview:card", args=[patient.pk]))
    assert "Aktiv hos Besøklegen" in card.content.decode()
    assert bulk_gateways.marks(clinic, now + timedelta(days=3)).is_stale
    clinic.econtact_provider = ""
    clinic.save()
    active.forget_former(now)
    assert not Patient.objects.get(pk=patient.pk).has_econtact
    assert (active.due(now), active.refresh(clinic.pk, now)) == ([], False)
