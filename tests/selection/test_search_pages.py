"""Journalsøk in the browser's words: what is posted, what is shown, what is kept, who goes on (spec G2–G4)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinics.models import AuditAction, AuditEvent, Clinic, Role
from patients.journal import JournalEntry
from patients.models import Patient
from selection.models import SavedSearch, SearchVersion, Selection
from selection.predefined import shipped
from tests.access.people import colleague, logged_in
from tests.factories import ClinicFactory, PatientFactory, PersonFactory

TODAY = timezone.localdate()
START = "/pasienter/journalsok/"


@pytest.fixture(autouse=True)
def no_collected_files(settings: Any) -> None:
    """Let static files come from their folders."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def clinic(db: None) -> Clinic:
    """A clinic."""
    return ClinicFactory()


@pytest.fixture
def manager(clinic: Clinic) -> Client:
    """Who may send and export."""
    return logged_in(colleague(clinic, Role.MANAGER))


@pytest.fixture
def secretary(clinic: Clinic) -> Client:
    """Who may search."""
    return logged_in(colleague(clinic))


def diabetic(clinic: Clinic, **fields: Any) -> Patient:
    """Make a patient with diabetes."""
    patient = PatientFactory(clinic=clinic, **fields)
    JournalEntry.objects.create(
        clinic=clinic,
        patient=patient,
        type="diagnosis",
        system="icpc2",
        code="T90",
        text="Diabetes type 2",
        starts_on=TODAY,
    )
    return patient


def run(client: Client, **fields: str) -> Any:
    """Post a search and return the page it leads to."""
    return client.post(START, {"s-diagnosis": "T90", **fields}, follow=True)


def marked_url(response: Any, name: str) -> str:
    """Return the address of something done with the version that is shown."""
    return reverse(f"selection:{name}", args=[response.context["version"].pk])


def names(response: Any) -> list[str]:
    """Return who is shown."""
    return [str(row.patient) for row in response.context["shown"].rows]


def test_common_fields_find_patients_and_say_why(clinic: Clinic, secretary: Client) -> None:
    """spec G2: the sentence, the hit and the entry that made it."""
    diabetic(clinic, given_name="Åse", family_name="Dahl", birth_date=TODAY - timedelta(days=50 * 366))
    diabetic(clinic, given_name="Ung", family_name="Mann", birth_date=TODAY - timedelta(days=10 * 366))

    response = run(secretary, **{"s-diagnosis": "T90 Diabetes type 2, T89", "s-low": "40"})

    text = response.content.decode()
    assert names(response) == ["Åse Dahl"]
    assert (
        "Pasienter som har en av diagnosene T90 (diabetes type 2) eller T89 (diabetes type 1) og som er 40 år" in text
    )
    assert f"T90 Diabetes type 2 {TODAY:%d.%m.%Y}" in text
    assert "1 treff" in text


def test_no_criterion_stands_in_an_address(clinic: Clinic, secretary: Client) -> None:
    """Addresses carry a version's number and a patient's, never a code or a name."""
    for number in range(60):
        diabetic(clinic, given_name="Ola", family_name=f"Nordmann{number:02d}")

    response = run(secretary)

    addresses = re.findall(r'(?:href|action|hx-get|hx-post|formaction)="([^"]*)"', response.content.decode())
    assert re.fullmatch(rf"{START}\d+/", response.request["PATH_INFO"])
    assert not [one for one in addresses if "T90" in one or "ordmann" in one.lower()]


def test_hits_go_on_where_the_page_ended(clinic: Clinic, secretary: Client) -> None:
    """Every patient once, those of the same name too."""
    for number in range(105):
        diabetic(clinic, given_name="Ola", family_name=f"N{number // 60}")
    first = run(secretary)
    url = first.request["PATH_INFO"]

    second = secretary.get(url, {"etter": first.context["shown"].more}, headers={"HX-Request": "true"})
    third = secretary.get(url, {"etter": second.context["shown"].more})

    found = [row.patient.pk for page in (first, second, third) for row in page.context["shown"].rows]
    assert [len(page.context["shown"].rows) for page in (first, second, third)] == [50, 50, 5]
    assert len(set(found)) == 105
    assert {page.context["total"] for page in (first, second, third)} == {None}
    assert "Over 50 treff" in first.content.decode()
    assert "105 treff" in secretary.get(url, {"tell": "1"}).content.decode()
    assert 'data-hits="105"' in secretary.get(f"{url}antall/").content.decode()
    assert second.content.decode().lstrip().startswith("<tr")


def test_the_next_page_of_another_clinics_patient_is_the_first(clinic: Clinic, secretary: Client) -> None:
    diabetic(clinic)
    stranger = diabetic(ClinicFactory(), family_name="AAA")
    url = run(secretary).request["PATH_INFO"]

    for after in (stranger.pk, "x", "9" * 30, "-1", "٣"):
        assert len(names(secretary.get(url, {"etter": after}))) == 1


def test_other_clinics_rows_are_never_found(clinic: Clinic, secretary: Client) -> None:
    """spec A7."""
    diabetic(ClinicFactory(), family_name="Fremmed")

    assert "0 treff" in run(secretary).content.decode()


def test_the_same_search_is_one_version(clinic: Clinic, secretary: Client, manager: Client) -> None:
    run(secretary)
    run(manager)
    run(manager, **{"s-sex": "female"})

    assert SearchVersion.objects.of(clinic).count() == 2


def test_a_search_takes_a_bounded_number_of_queries(
    clinic: Clinic, secretary: Client, django_assert_max_num_queries: Any
) -> None:
    """Fifty rows cost what two do."""
    for _ in range(60):
        diabetic(clinic, person=PersonFactory())
    url = run(secretary).request["PATH_INFO"]

    with django_assert_max_num_queries(24):
        secretary.get(url)


def test_searching_is_logged_with_every_patient_shown(clinic: Clinic, secretary: Client) -> None:
    patient = diabetic(clinic)

    response = run(secretary)

    lines = AuditEvent.objects.filter(clinic=clinic)
    assert lines.filter(action=AuditAction.SEARCH, patient_id=patient.pk).count() == 1
    assert lines.get(action=AuditAction.JOURNAL).what == f"version {response.context['version'].pk} hits 1"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"s-diagnosis": "diabetes"}, "«DIABETES» er ingen kode"),
        ({"s-diagnosis": "K77-K74"}, "er ikke et område"),
        ({"s-diagnosis": "T90%"}, "er ingen kode"),
        ({"s-low": "40", "s-high": "30"}, "Alder til er lavere enn alder fra"),
        ({"s-low": "førti"}, "Skriv et helt tall"),
        ({"s-before": "31.02.2026"}, "Datoen finnes ikke"),
        ({"k-0-kind": "observation", "k-0-codes": ""}, "Skriv minst én kode"),
        ({"k-0-kind": "observation", "k-0-codes": "NPU1", "k-0-comparison": "gt"}, "både sammenligning og verdi"),
        ({"k-0-kind": "sent", "k-0-days": "0"}, "Skriv et helt tall fra 1"),
        ({"k-0-kind": "area"}, "minst ett kommunenummer"),
        ({"k-0-kind": "contact", "k-0-first": "1.2.2026", "k-0-last": "1.1.2026"}, "Til-datoen er før"),
    ],
)
def test_what_is_wrong_stands_at_its_field(fields: dict[str, str], words: str, secretary: Client) -> None:
    """What was typed is kept, and nothing is stored."""
    response = secretary.post(START, {"s-sex": "female", **fields})

    text = response.content.decode()
    assert response.status_code == 422
    assert words in text
    assert "Rett 1 feil" in text
    assert '<option value="female" selected>' in text
    assert not SearchVersion.objects.exists()


def test_rows_are_added_and_taken_away_without_javascript(clinic: Clinic, secretary: Client) -> None:
    """Nothing typed is lost, and nothing is judged before «Søk»."""
    typed = {"s-diagnosis": "ufullstendig", "k-new": "medicine", "act": "add:k"}
    first = secretary.post(START, typed).content.decode()
    typed = {"k-0-kind": "medicine", "k-0-codes": "A10", "k-new": "area", "act": "group:k"}
    second = secretary.post(START, typed).content.decode()
    typed |= {"k-1-kind": "group", "k-1-mode": "any", "act": "remove:k-0"}
    third = secretary.post(START, typed, headers={"HX-Request": "true"}).content.decode()

    assert 'name="k-0-codes"' in first
    assert "ufullstendig" in first
    assert "Rett" not in first
    assert 'value="A10"' in second
    assert 'name="k-1-mode"' in second
    assert 'name="k-0-codes"' not in third
    assert "<html" not in third


def test_groups_are_read_as_they_stand(clinic: Clinic, secretary: Client) -> None:
    """spec G2: AND, OR and NOT."""
    response = secretary.post(
        START,
        {
            "k-0-kind": "group",
            "k-0-mode": "any",
            "k-0-negated": "1",
            "k-0-0-kind": "medicine",
            "k-0-0-codes": "A10",
            "k-0-0-active": "on",
            "k-0-4-kind": "sex",
            "k-0-4-sex": "male",
            "k-7-kind": "consent",
            "k-7-consent": "",
            "k-7-negated": "1",
        },
        follow=True,
    )

    assert "Pasienter som ikke (bruker A10 nå eller er menn) og som er spurt om samtykke." in response.content.decode()


def test_the_count_follows_the_form(clinic: Clinic, secretary: Client) -> None:
    diabetic(clinic)

    right = secretary.post(f"{START}antall/", {"s-diagnosis": "T90"}).content.decode()
    wrong = secretary.post(f"{START}antall/", {"s-low": "x"}).content.decode()

    assert "1 treff" in right
    assert "har diagnosen T90" in right
    assert "treff" not in wrong


@pytest.mark.parametrize("key", shipped())
def test_every_shipped_search_runs_and_can_be_changed(key: str, clinic: Clinic, secretary: Client) -> None:
    """spec G3: what it asks for stands in the form, and the form asks for the same."""
    response = secretary.post(f"{START}velg/", {"search": f"shipped:{key}"}, follow=True)
    version = response.context["version"]

    again = secretary.post(START, fields_of(response.context["form"]), follow=True)

    assert again.context["version"] == version


def fields_of(form: Any) -> dict[str, Any]:
    """Return what a browser would post of a form as it is shown."""
    posted: dict[str, Any] = {}
    for one in (form.common, *(draft.form for draft in form.root.all())):
        for field in one:
            value = field.field.prepare_value(field.initial)
            if hasattr(field.field.widget, "format_value") and field.field.widget.input_type == "text":
                value = field.field.widget.format_value(value)
            if value not in (None, "", False):
                posted[field.html_name] = value
    return posted | {f"{draft.id}-kind": draft.kind for draft in form.root.all() if draft.id != "k"}


def test_a_search_is_saved_found_and_changed(clinic: Clinic, manager: Client, secretary: Client) -> None:
    """spec G3: a change is a new version; who and when are kept."""
    first = run(manager)
    manager.post(marked_url(first, "keep"), {"name": "Mine diabetikere", "common": "1"})
    search = SavedSearch.objects.get()
    second = run(manager, **{"s-low": "40", "saved": str(search.pk)})
    change = {"change": "1", "saved": search.pk, "seen": first.context["version"].pk}

    manager.post(marked_url(second, "keep"), change)

    search.refresh_from_db()
    assert search.version == second.context["version"]
    assert [one.version for one in search.changes.all()] == [second.context["version"], first.context["version"]]
    opened = secretary.post(f"{START}velg/", {"search": f"saved:{search.pk}"}, follow=True)
    assert opened.context["version"] == search.version
    assert "Mine diabetikere" in secretary.get(f"{START}lagrede/").content.decode()


def test_the_second_of_two_who_change_a_search_is_told(clinic: Clinic, manager: Client) -> None:
    first = run(manager)
    manager.post(marked_url(first, "keep"), {"name": "Delt", "common": "1"})
    search = SavedSearch.objects.get()
    change = {"change": "1", "saved": search.pk, "seen": first.context["version"].pk}
    theirs = run(manager, **{"s-low": "40"})
    manager.post(marked_url(theirs, "keep"), change)

    mine = run(manager, **{"s-low": "50"})
    response = manager.post(marked_url(mine, "keep"), change, follow=True)

    search.refresh_from_db()
    assert search.version == theirs.context["version"]
    assert "En kollega har endret søket imens" in response.content.decode()


def test_only_the_owner_sees_and_removes_their_own_search(clinic: Clinic, manager: Client, secretary: Client) -> None:
    page = run(secretary)
    secretary.post(marked_url(page, "keep"), {"name": "Bare mitt"})
    search = SavedSearch.objects.get()

    assert manager.post(f"{START}lagrede/{search.pk}/slett/").status_code == 404
    assert "Bare mitt" not in manager.get(f"{START}lagrede/").content.decode()
    secretary.post(f"{START}lagrede/{search.pk}/slett/")

    search.refresh_from_db()
    assert not search.is_active


@pytest.mark.parametrize("name", ["", " ", "x" * 81])
def test_a_search_needs_a_name(name: str, manager: Client) -> None:
    manager.post(marked_url(run(manager), "keep"), {"name": name})

    assert not SavedSearch.objects.exists()


def test_a_taken_name_is_told(manager: Client) -> None:
    page = run(manager)
    manager.post(marked_url(page, "keep"), {"name": "Delt", "common": "1"})

    response = manager.post(marked_url(page, "keep"), {"name": "Delt", "common": "1"}, follow=True)

    assert "Det finnes alt et søk med dette navnet" in response.content.decode()
    assert SavedSearch.objects.count() == 1


def members(selection: Selection) -> set[int]:
    """Return who is in the selection."""
    return set(selection.members.values_list("patient", flat=True))


def test_only_the_marked_ones_are_frozen(clinic: Clinic, manager: Client) -> None:
    """spec G4: ids of others, of another clinic and of nobody are not hits, and never come along."""
    one, other = diabetic(clinic), diabetic(clinic)
    healthy, stranger = PatientFactory(clinic=clinic), diabetic(ClinicFactory())
    ids = f"{one.pk},{healthy.pk},{stranger.pk},0,-5,x,{10**30}"

    manager.post(marked_url(run(manager), "send"), {"mode": "only", "ids": [ids]})

    selection = Selection.objects.get()
    assert members(selection) == {one.pk}
    assert selection.size == 1
    assert other.pk not in members(selection)


def test_all_means_all_hits_but_those_left_out(clinic: Clinic, manager: Client) -> None:
    """spec G4: not only the rows on the screen."""
    everyone = [diabetic(clinic).pk for _ in range(70)]
    page = run(manager)

    manager.post(marked_url(page, "send"), {"mode": "all", "ids": [str(everyone[3]), str(everyone[60])]})

    selection = Selection.objects.get()
    assert members(selection) == set(everyone) - {everyone[3], everyone[60]}
    assert (selection.origin, selection.origin_id) == ("journal", page.context["version"].pk)
    assert selection.name.startswith("Pasienter som har diagnosen T90")


def test_a_selection_bears_the_name_of_the_search_that_was_used_unchanged(clinic: Clinic, manager: Client) -> None:
    """spec G3, G4: as saved, as shipped, and otherwise what it asks for."""
    diabetic(clinic, birth_date=TODAY - timedelta(days=20 * 366))

    def name(page: Any, **posted: str) -> str:
        manager.post(marked_url(page, "send"), {"mode": "all", **posted})
        return Selection.objects.latest("pk").name

    ran = run(manager)
    assert name(ran) == "Pasienter som har diagnosen T90 (diabetes type 2)"
    kept = manager.post(marked_url(ran, "keep"), {"name": "Våre diabetikere"}, follow=True)
    pk = str(SavedSearch.objects.get().pk)
    assert f'name="saved" value="{pk}"' in kept.content.decode().partition("data-selection")[2]
    assert name(kept, saved=pk) == "Våre diabetikere"
    changed = run(manager, **{"s-low": "10", "saved": pk})
    assert name(changed, saved=pk) == "Pasienter som har diagnosen T90 (diabetes type 2) og som er 10 år eller eldre"
    for key, one in shipped().items():
        page = manager.post(f"{START}velg/", {"search": f"shipped:{key}"}, follow=True)
        if page.context["shown"].rows:
            assert name(page) == one.name
    assert Selection.objects.count() > 3


def test_the_headings_order_the_hits_page_after_page(clinic: Clinic, secretary: Client) -> None:
    """spec G4: a link that says which way, and that the next page and a saved search's name go along with."""
    for number in range(60):
        born = TODAY - timedelta(days=366 * number + 1)
        diabetic(clinic, given_name="Ola", family_name=f"N{number * 7 % 60:02d}", birth_date=born)
    url = run(secretary).request["PATH_INFO"]

    first = secretary.get(url, {"sorter": "-alder", "lagret": "7"})
    text = first.content.decode()
    second = secretary.get(f"{url}?{first.context['sorting']['query']}etter={first.context['shown'].more}")

    ages = [row.patient.age for page in (first, second) for row in page.context["shown"].rows]
    assert ages == sorted(ages, reverse=True)
    assert len(ages) == 60
    assert re.findall(r'aria-sort="(\w+)"><a class="sort" href="([^"]*)">(\w+)', text) == [
        ("descending", "?lagret=7&amp;sorter=alder", "Alder")
    ]
    assert 'href="?lagret=7&amp;sorter=navn">Navn' in text


@pytest.mark.parametrize("posted", [{}, {"mode": "only"}, {"mode": "only", "ids": "x"}])
def test_nobody_marked_is_told_and_freezes_nothing(posted: dict[str, str], clinic: Clinic, manager: Client) -> None:
    diabetic(clinic)

    response = manager.post(marked_url(run(manager), "send"), posted, follow=True)

    assert "Ingen er markert" in response.content.decode()
    assert not Selection.objects.exists()


def test_too_many_ids_are_refused(clinic: Clinic, manager: Client) -> None:
    """A page never names more than 5,000; all hits are one word."""
    diabetic(clinic)
    ids = ",".join(str(number) for number in range(1, 5_003))

    response = manager.post(marked_url(run(manager), "send"), {"mode": "only", "ids": ids}, follow=True)

    assert "Merk høyst 5000" in response.content.decode()
    assert not Selection.objects.exists()


def test_without_the_right_sending_is_explained_and_refused(clinic: Clinic, secretary: Client) -> None:
    """spec A7."""
    diabetic(clinic)
    page = run(secretary)

    assert "krever tilgang til masseutsendelse" in page.content.decode()
    assert secretary.post(marked_url(page, "send"), {"mode": "all"}).status_code == 403
    assert secretary.post(marked_url(page, "export"), {"mode": "all"}).status_code == 403


def test_the_export_is_logged_and_runs_in_no_spreadsheet(clinic: Clinic, manager: Client) -> None:
    patient = diabetic(clinic, family_name='=HYPERLINK("x")', given_name="+1;2", mobile="+4742000001")

    response = manager.post(marked_url(run(manager), "export"), {"mode": "all"})

    text = b"".join(response.streaming_content).decode("utf-8-sig")
    assert text.splitlines()[1].startswith('"\'=HYPERLINK(""x"")";"\'+1;2";')
    assert ";'+47 42 00 00 01;" in text or ";'+47 420 00 001;" in text
    lines = AuditEvent.objects.filter(action=AuditAction.EXPORT, clinic=clinic)
    assert lines.filter(patient_id=patient.pk).count() == 1
    assert lines.get(patient_id=None).what.endswith("rows 1")
