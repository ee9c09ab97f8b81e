"""The manager reads who has looked at and changed what, at the own clinic (spec A7, threat 34)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from clinics import audit
from clinics.models import AuditAction, AuditEvent, Role, User
from patients import audit_log, audit_words
from tests.access.people import colleague, logged_in
from tests.access.world import World, world
from tests.factories import PatientFactory

NEW_YEAR = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # 00:30 on 1 January in Oslo


@pytest.fixture(autouse=True)
def own_files(settings: Any, tmp_path: Any) -> None:
    """Keep files in the test's own folder; static ones come from their folders."""
    settings.VAR_DIR, settings.WHITENOISE_AUTOREFRESH = tmp_path, True


@pytest.fixture
def here(db: None) -> World:
    """The clinic."""
    return world()


@pytest.fixture
def reader(here: World) -> User:
    """A secretary who has opened the card."""
    user = colleague(here.clinic)
    user.first_name, user.last_name = "Sara", "Leser"
    user.save()
    logged_in(user).get(reverse("overview:card", args=[here.patient.pk]))
    return user


@pytest.fixture
def manager(here: World) -> Any:
    """The manager's browser."""
    return logged_in(colleague(here.clinic, Role.MANAGER))


def said(response: Any) -> list[tuple[str, int | None]]:
    """Return what the lines say: action and patient."""
    return [(line.event.action, line.event.patient_id) for line in response.context["page"].lines]


def test_the_log_says_who_did_what_to_whom_and_where(here: World, reader: User, manager: Any) -> None:
    page = manager.get(reverse("audit:log"))

    assert ("read", here.patient.pk) in said(page)
    for words in ("Sara Leser", "Åpnet pasientkort", str(here.patient), "Oversikt"):
        assert words in page.content.decode()


def test_reading_the_log_is_in_the_log(here: World, reader: User, manager: Any) -> None:
    manager.get(reverse("audit:log"))

    line = AuditEvent.objects.get(action=AuditAction.AUDIT)
    assert (line.clinic, line.what) == (here.clinic, "audit:log, 1 patients")


def test_another_clinics_lines_and_names_stay_there(here: World, reader: User) -> None:
    other = world()
    client = logged_in(colleague(other.clinic, Role.MANAGER))

    shown = client.get(reverse("audit:log"), {"pasient": here.patient.pk, "ansatt": reader.pk})

    assert (here.patient.pk) not in [patient for _action, patient in said(shown)]
    assert "Sara Leser" not in shown.content.decode()
    assert client.get(reverse("patients:readers", args=[here.patient.pk])).status_code == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"handling": "consent"}, {"consent"}),
        ({"handling": "nonsense"}, {"read", "consent", "search"}),
        ({"fra": "2027-01-01", "til": "2027-01-01"}, {"consent"}),
        ({"fra": "2027-01-02", "til": "2027-01-02"}, set()),
        ({"til": "31.12.2026"}, {"search"}),
    ],
)
def test_it_can_be_narrowed(query: dict[str, str], expected: set[str], here: World) -> None:
    """A period's days are the clinic's."""
    client = logged_in(colleague(here.clinic, Role.MANAGER))
    pk = here.patient.pk
    for action, at in (("search", NEW_YEAR - timedelta(hours=1)), ("consent", NEW_YEAR), ("read", NEW_YEAR)):
        moment = at + timedelta(days=5) if action == "read" else at
        AuditEvent.objects.create(clinic=here.clinic, actor=None, patient_id=pk, action=action, at=moment)

    shown = client.get(reverse("audit:log"), query)

    assert {action for action, _pk in said(shown)} - {"audit"} == expected


def test_it_can_be_narrowed_to_a_colleague(here: World, reader: User, manager: Any) -> None:
    manager.get(reverse("overview:card", args=[here.patient.pk]))

    shown = manager.get(reverse("audit:log"), {"ansatt": reader.pk})

    assert {line.event.actor for line in shown.context["page"].lines} == {reader}


def test_a_patient_is_searched_for_by_post_and_chosen_by_id(here: World, reader: User, manager: Any) -> None:
    PatientFactory(clinic=here.clinic, family_name="Annen")
    url = reverse("audit:log")

    hits = manager.post(f"{url}?handling=read", {"q": "kanari"}).content.decode()
    shown = manager.get(url, {"pasient": here.patient.pk})

    assert f'href="?handling=read&amp;pasient={here.patient.pk}"' in hits
    assert AuditEvent.objects.filter(action=AuditAction.SEARCH, patient_id=here.patient.pk).count() == 1
    assert {patient for _action, patient in said(shown)} == {here.patient.pk}
    assert "Hvem har sett på" in shown.content.decode()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"fra": "i fjor"}, "Skriv datoen som dd.mm.åååå."),
        ({"fra": "0001-01-01"}, "Skriv datoen som dd.mm.åååå."),
        ({"til": "9999-12-31"}, "Skriv datoen som dd.mm.åååå."),
        ({"fra": "2027-01-02", "til": "2027-01-01"}, "Til-datoen er før fra-datoen."),
        ({"ansatt": "999999"}, "Velg et gyldig valg"),
    ],
)
def test_what_cannot_be_read_is_said(query: dict[str, str], words: str, manager: Any) -> None:
    shown = manager.get(reverse("audit:log"), query)

    assert shown.status_code == 200
    assert words in shown.content.decode()


@pytest.mark.parametrize("key", ["x", "_", "2026-01-01T00:00:00Z_x", "2026-13-01T00:00:00Z_1", "9" * 300])
def test_a_page_key_that_makes_no_sense_begins_at_the_beginning(
    key: str, here: World, reader: User, manager: Any
) -> None:
    assert said(manager.get(reverse("audit:log"), {"etter": key}))


def test_pages_follow_each_other_without_gap_or_repetition(here: World) -> None:
    at = NEW_YEAR
    AuditEvent.objects.bulk_create(
        AuditEvent(clinic=here.clinic, action="read", patient_id=here.patient.pk, at=at + timedelta(seconds=n // 7))
        for n in range(120)
    )
    seen, key = [], ""
    for _page in range(3):
        shown = audit_log.page(audit_log.narrowed(here.clinic), key, here.clinic)
        seen += [line.event.pk for line in shown.lines]
        key = shown.more

    assert (len(seen), len(set(seen)), key) == (120, 120, "")
    assert seen == list(AuditEvent.objects.order_by("-at", "-pk").values_list("pk", flat=True))


def test_the_log_takes_the_same_queries_for_3_as_for_50(
    here: World, manager: Any, django_assert_max_num_queries: Any
) -> None:
    manager.get("/")
    counts = []
    for size in (3, 50):
        for card in PatientFactory.create_batch(size, clinic=here.clinic):
            audit.record(AuditAction.READ, clinic=here.clinic, actor=colleague(here.clinic), patient_id=card.pk)
        with django_assert_max_num_queries(16) as found:
            manager.get(reverse("audit:log"))
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_the_card_says_who_has_looked_at_it(here: World, reader: User, manager: Any) -> None:
    other = PatientFactory(clinic=here.clinic)
    logged_in(reader).get(reverse("overview:card", args=[other.pk]))

    shown = manager.get(reverse("patients:readers", args=[here.patient.pk]))

    assert "Sara Leser" in shown.content.decode()
    assert {patient for _action, patient in said(shown)} == {here.patient.pk}


def test_only_a_manager_sees_the_tab(here: World, reader: User, manager: Any) -> None:
    url = reverse("overview:card", args=[here.patient.pk])
    tab = reverse("patients:readers", args=[here.patient.pk])

    assert tab in manager.get(url).content.decode()
    assert tab not in logged_in(reader).get(url).content.decode()


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("overview:card", "Oversikt"),
        ("timebook:of_patient", "Timer"),
        ("appointment 12", "Avtale 12"),
        ("membership 3: role", "Ansatt 3: rolle"),
        ("own line added 15", "Egen linje lagt til 15"),
        ("taken by nobody", "Dialog sluppet"),
        ("email, mobile", "E-post, mobil"),
        ("membership 3: may_export, second factor reset", "Ansatt 3: eksport, tofaktor nullstilt"),
        ("dialog kind invoice_question off", "Dialogtype Fakturaspørsmål slått av"),
        ("resend 4", "Ny utsendelse 4"),
        ("dialog_received", "Ny dialog"),
        ("POST fhir_clients:rotate 7", "Systemer som leser over FHIR"),
        ("patients:personal", "Personalia"),
        ("", ""),
        ("noe nytt", "Noe nytt"),
    ],
)
def test_where_is_said_in_words(what: str, words: str) -> None:
    assert audit_words.where(what) == words
