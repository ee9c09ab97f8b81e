"""The pages: programmes, patient overview, marks and «Send varsel» (spec H1 to H4)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from clinics.models import AuditEvent, Clinic
from patients.models import Consent, EntryType, Patient
from selection import communication, false_positives, freezing
from selection.communication import Communication
from selection.models import Member, Selection
from selection.risk_models import FalsePositive, RiskAnalysis, RiskPerson
from selection.tasks import run_analyses
from tests.access.people import colleague, logged_in
from tests.factories import ClinicFactory, PatientFactory


@pytest.fixture
def client(clinic: Clinic) -> Client:
    """A secretary who may send in bulk."""
    return logged_in(colleague(clinic, may_bulk_send=True))


@pytest.fixture
def three(enter, clinic):
    """Kari with asthma, Ola with diabetes and a vaccine, Eva with dementia to consider."""
    people = {}
    for name, code in {"Kari": "R96", "Ola": "T90", "Eva": "P70"}.items():
        people[name] = PatientFactory(clinic=clinic, given_name=name, birth_date=date(1986, 5, 4))
        enter(people[name], code, text=f"Tekst {code}")
    enter(people["Ola"], "J07BB02", type=EntryType.VACCINE, system="atc", starts_on=date(2026, 10, 1))
    return people


def overview(client, analysis, **query):
    """Return the overview as text with single blanks."""
    response = client.get(reverse("risk:people", args=[analysis.pk]), query)
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def names(client, analysis, **query):
    """Return whom the overview shows."""
    page = client.get(reverse("risk:people", args=[analysis.pk]), query)
    return {row.patient.given_name for row in page.context["rows"]}


def send(client, analysis, **form):
    """Press «Send varsel» for everyone in the filter."""
    return client.post(reverse("risk:send", args=[analysis.pk]), {"alle": "1"} | form)


def members():
    """Return who is in the newest selection."""
    return {row.patient.given_name for row in Member.objects.filter(selection=Selection.objects.latest("pk"))}


def mark_of(analysis, patient, staff):
    """Mark a person."""
    person = RiskPerson.objects.get(analysis=analysis, patient=patient)
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    return false_positives.mark(person, reason="mild", text="", by=staff, now=now)[0]


def test_an_analysis_is_asked_for_followed_and_opened(client, three):
    assert "Ingen analyse er gjort ennå" in client.get(reverse("risk:programmes")).content.decode()

    client.post(reverse("risk:analyse", args=["influenza"]))
    client.post(reverse("risk:analyse", args=["influenza"]))
    waiting = client.get(reverse("risk:programmes"), headers={"hx-request": "true"}).content.decode()
    run_analyses()
    done = client.get(reverse("risk:programmes")).content.decode()

    analysis = RiskAnalysis.objects.get()
    assert "Analysen starter straks" in waiting
    assert "<html" not in waiting
    assert "hx-get" in waiting
    assert "hx-get" not in done
    assert reverse("risk:people", args=[analysis.pk]) in done


def test_an_unknown_programme_does_not_exist(client):
    assert client.post(reverse("risk:analyse", args=["ukjent"])).status_code == 404


def test_an_analysis_that_broke_off_is_told_and_the_last_result_stands(client, three, analyse, monkeypatch):
    analysis = analyse()
    client.post(reverse("risk:analyse", args=["influenza"]))
    RiskAnalysis.objects.exclude(pk=analysis.pk).update(state="broken")

    page = client.get(reverse("risk:programmes")).content.decode()

    assert "Siste analyse stoppet underveis" in page
    assert reverse("risk:people", args=[analysis.pk]) in page


@pytest.mark.parametrize("state", ["waiting", "running", "broken"])
def test_an_unfinished_analysis_has_no_overview(client, analyse, state):
    analysis = analyse()
    RiskAnalysis.objects.update(state=state)

    assert client.get(reverse("risk:people", args=[analysis.pk])).status_code == 404


def test_a_row_shows_group_evidence_weight_and_vaccine(client, three, analyse):
    text = overview(client, analyse(), gruppe="diabetes")

    assert "Ola Iversen" in text
    assert "Diabetes type 1 og 2 T90 Tekst T90, 05.01.2026 Vaksinert 01.10.2026 Sikker" in text
    assert "Kari Iversen" not in text


def test_a_measurement_and_an_age_are_shown(client, enter, clinic, analyse):
    old = PatientFactory(clinic=clinic, given_name="Gamle", birth_date=date(1940, 2, 3))
    enter(old, "BMI", type=EntryType.OBSERVATION, system="other", value="37.5", unit="kg/m2")

    text = overview(client, analyse())

    assert "Født 03.02.1940" in text
    assert "BMI 37,5 kg/m2, 05.01.2026" in text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, {"Kari", "Ola", "Eva"}),
        ({"vekt": "1"}, {"Kari", "Ola"}),
        ({"vekt": "3"}, {"Eva"}),
        ({"gruppe": "lung"}, {"Kari"}),
        ({"vaksinert": "ja"}, {"Ola"}),
        ({"vaksinert": "nei"}, {"Kari", "Eva"}),
        ({"merket": "ja"}, {"Eva"}),
        ({"merket": "nei"}, {"Kari", "Ola"}),
        ({"merket": "igjen"}, set()),
        ({"nas": "nei"}, {"Kari"}),
        ({"nas": "ja"}, {"Ola", "Eva"}),
        ({"varslet": "ja"}, set()),
        ({"vekt": "1", "vaksinert": "nei"}, {"Kari"}),
        ({"vekt": "9", "gruppe": "' OR 1=1", "endring": "x"}, {"Kari", "Ola", "Eva"}),
    ],
)
def test_the_filters_narrow(client, three, analyse, staff, query, shown):
    Patient.objects.filter(pk=three["Kari"].pk).update(consent=Consent.WITHDRAWN)
    analysis = analyse()
    mark_of(analysis, three["Eva"], staff)

    assert names(client, analysis, **query) == shown


def test_what_has_changed_since_last_time_can_be_asked_for(client, three, analyse, enter, ola):
    analyse()
    enter(three["Kari"], "T90")
    enter(ola, "R95")
    three["Eva"].journal.all().delete()
    Patient.objects.filter(pk=ola.pk).update(given_name="Ny")
    ola.refresh_from_db()

    analysis = analyse()

    assert names(client, analysis, endring="changed") == {"Kari"}
    assert names(client, analysis, endring="new") == {ola.given_name}
    gone = client.get(reverse("risk:gone", args=[analysis.pk])).content.decode()
    assert "Eva" in gone
    assert "P70" in gone
    assert "Kari Iversen" not in gone


def test_everyone_shown_is_logged(client, three, analyse):
    analysis = analyse()

    overview(client, analysis, vekt="1")

    lines = AuditEvent.objects.filter(what=f"analysis {analysis.pk}")
    assert set(lines.values_list("patient_id", flat=True)) == {three["Kari"].pk, three["Ola"].pk}


def test_the_next_page_begins_where_this_one_ends_and_names_nobody(client, clinic, enter, analyse):
    for number in range(120):
        enter(PatientFactory(clinic=clinic, given_name=f"Per{number % 7}"), "T90")
    analysis, seen, after = analyse(), [], ""

    while after is not None:
        page = client.get(reverse("risk:people", args=[analysis.pk]), {"etter": after} if after else {})
        seen += [row.patient.pk for row in page.context["rows"]]
        after = page.context["more"]

    assert len(seen) == len(set(seen)) == 120


def test_the_number_of_queries_does_not_follow_the_rows(
    client, clinic, enter, analyse, django_assert_max_num_queries, django_assert_num_queries
):
    enter(PatientFactory(clinic=clinic), "T90")
    few = analyse()
    client.get(reverse("risk:people", args=[few.pk]))
    with django_assert_max_num_queries(60) as seen:
        client.get(reverse("risk:people", args=[few.pk]))
    for _patient in range(20):
        enter(PatientFactory(clinic=clinic), "T90")
    many = analyse()

    with django_assert_num_queries(len(seen)):
        client.get(reverse("risk:people", args=[many.pk]))


def test_the_programmes_take_a_constant_number_of_queries(
    client, analyse, django_assert_max_num_queries, django_assert_num_queries
):
    analyse()
    client.get(reverse("risk:programmes"))
    with django_assert_max_num_queries(60) as seen:
        client.get(reverse("risk:programmes"))
    for programme in ("influenza", "covid19", "covid19"):
        analyse(programme)

    with django_assert_num_queries(len(seen)):
        client.get(reverse("risk:programmes"))


def test_a_person_is_marked_with_a_reason_and_unmarked_with_undo(client, three, analyse):
    analysis = analyse()
    person = RiskPerson.objects.get(analysis=analysis, patient=three["Eva"])
    url = reverse("risk:mark", args=[person.pk])

    assert "Merke Eva Iversen som falsk positiv?" in client.get(url).content.decode()
    marked = client.post(f"{url}?vekt=3", {"reason": "other", "text": "Utredet og avkreftet"}, follow=True)
    text = " ".join(re.sub(r"<[^>]+>", " ", marked.content.decode()).split())
    assert marked.redirect_chain[-1][0] == f"/risikogrupper/analyse/{analysis.pk}/?vekt=3#p{three['Eva'].pk}"
    assert "Falsk positiv : Annet. Utredet og avkreftet Kari Holm, 23.11.2026" in text
    assert "Angre" in text

    client.post(reverse("risk:withdraw", args=[person.pk]))
    assert not false_positives.standing(analysis).exists()
    client.post(reverse("risk:restore", args=[FalsePositive.objects.get().pk]))
    assert false_positives.standing(analysis).count() == 1


@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        ({"text": "Skrevet"}, "reason", "Velg en grunn."),
        ({"reason": "sure"}, "reason", "Velg en grunn fra listen."),
        ({"reason": "other"}, "text", "Skriv hva som er grunnen."),
        ({"reason": "mild", "text": "x" * 201}, "text", "200"),
    ],
)
def test_a_mark_without_a_reason_is_refused_at_the_field_and_nothing_is_lost(
    client, three, analyse, form, field, words
):
    person = RiskPerson.objects.get(analysis=analyse(), patient=three["Eva"])

    response = client.post(reverse("risk:mark", args=[person.pk]), form)

    assert response.status_code == 422
    assert words in str(response.context["form"].errors[field])
    assert form.get("text", "") in response.content.decode()
    assert not FalsePositive.objects.exists()


def test_the_second_colleague_sees_the_firsts_mark(client, clinic, three, analyse):
    person = RiskPerson.objects.get(analysis=analyse(), patient=three["Eva"])
    url = reverse("risk:mark", args=[person.pk])
    client.post(url, {"reason": "mild"})

    page = logged_in(colleague(clinic)).post(url, {"reason": "not_now"}, follow=True).content.decode()

    assert "hadde alt merket personen" in page
    assert FalsePositive.objects.get().reason == "mild"


def test_a_mark_raised_again_asks_and_can_be_upheld(client, three, analyse, enter, staff):
    mark_of(analyse(), three["Eva"], staff)
    enter(three["Eva"], "T90")
    analysis = analyse()

    text = overview(client, analysis, merket="igjen")
    assert "Tatt opp igjen: nytt grunnlag" in text
    assert "Noen som er merket falsk positiv, har fått nytt grunnlag." in text
    person = RiskPerson.objects.get(analysis=analysis, patient=three["Eva"])
    client.post(reverse("risk:uphold", args=[person.pk]))

    assert names(client, analysis, merket="igjen") == set()
    assert names(client, analysis, merket="ja") == {"Eva"}


def test_send_takes_the_filters_people_but_never_a_false_positive(client, three, analyse, staff):
    """Spec H3."""
    analysis = analyse()
    mark_of(analysis, three["Kari"], staff)

    response = send(client, analysis)

    assert members() == {"Ola", "Eva"}
    selection = Selection.objects.get()
    assert (selection.origin, selection.origin_id, selection.name) == ("risk", analysis.pk, "Influensavaksine 2026/27")
    assert response.url == reverse("bulk_send:start", args=[selection.pk])


def test_send_arrives_in_the_composer(client, three, analyse):
    """Spec H3: the composer makes a draft, so the browser goes on with its POST."""
    page = client.post(reverse("risk:send", args=[analyse().pk]), {"alle": "1"}, follow=True)

    assert page.status_code == 200
    assert "Ny masseutsendelse" in page.content.decode()


def test_send_leaves_out_the_vaccinated(client, three, analyse):
    send(client, analyse(), uten_vaksinerte="1")

    assert members() == {"Kari", "Eva"}


def test_send_takes_only_what_the_filter_keeps(client, three, analyse):
    send(client, analyse(), vekt="1")

    assert members() == {"Kari", "Ola"}
    assert Selection.objects.get().name == "Influensavaksine 2026/27: Sikker"


def test_send_takes_only_those_ticked(client, three, analyse, staff):
    analysis = analyse()
    mark_of(analysis, three["Kari"], staff)
    foreign = PatientFactory(clinic=ClinicFactory())
    ticked = [three["Kari"].pk, three["Eva"].pk, foreign.pk, "x"]

    client.post(reverse("risk:send", args=[analysis.pk]), {"ids": ticked})

    assert members() == {"Eva"}


def test_send_takes_all_in_the_filter_but_those_left_out(client, three, analyse, staff):
    """Spec G4, H3: all is one word, whatever is on the screen; the count is of those who can be marked."""
    analysis = analyse()
    mark_of(analysis, three["Kari"], staff)
    page = client.get(reverse("risk:people", args=[analysis.pk])).content.decode()

    client.post(reverse("risk:send", args=[analysis.pk]), {"mode": "all", "ids": f"{three['Eva'].pk},7"})

    assert members() == {"Ola"}
    assert 'data-total="2"' in page
    assert re.findall(r'data-id="(\d+)" data-fixed', page) == [str(three["Kari"].pk)]
    too_many = ",".join(map(str, range(6000)))
    client.post(reverse("risk:send", args=[analysis.pk]), {"mode": "only", "ids": too_many})
    assert Selection.objects.count() == 1


def test_send_with_nobody_freezes_nothing(client, three, analyse):
    response = client.post(reverse("risk:send", args=[analyse().pk]), follow=True)

    assert not Selection.objects.exists()
    assert "Ingen å sende til" in response.content.decode()


def test_send_pressed_twice_freezes_once(client, three, analyse, clock):
    analysis = analyse()

    first, second = send(client, analysis), send(client, analysis)

    assert Selection.objects.count() == 1
    assert first.url == second.url
    clock.shift(freezing.ONE_PRESS.total_seconds() + 1)
    send(client, analysis)
    assert Selection.objects.count() == 2


def test_two_orders_for_different_people_are_two(client, three, analyse):
    url = reverse("risk:send", args=[analyse().pk])

    for name in ("Kari", "Eva"):
        client.post(url, {"ids": [three[name].pk]})

    assert Selection.objects.count() == 2


def test_an_older_analysis_is_not_sent_from(client, three, analyse):
    old = analyse()
    analyse()

    send(client, old)

    assert not Selection.objects.exists()
    assert "Dette er en eldre analyse" in overview(client, old)


def test_sending_needs_the_right_and_looking_does_not(clinic, three, analyse):
    reader, analysis = logged_in(colleague(clinic)), analyse()

    assert "Send varsel" not in overview(reader, analysis)
    assert send(reader, analysis).status_code == 403


class Told:
    """A source that has told Ola."""

    def __init__(self, patient: Patient) -> None:
        self.patient = patient

    def told(self, clinic: Clinic, selections: object) -> object:
        """Everyone in the selections who is Ola."""
        return Member.objects.filter(selection__in=selections, patient=self.patient).values_list("patient", flat=True)

    def addressed(self, clinic: Clinic, selections: object) -> object:
        """Nobody is being notified."""
        return Member.objects.none().values_list("patient", flat=True)

    def about(self, clinic: Clinic, selections: object, patient_ids: Sequence[int]) -> Mapping[int, Communication]:
        """Ola's is delivered, the others' queued."""
        at = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
        rows = Member.objects.filter(selection__in=selections, patient__in=patient_ids)
        return {
            pk: Communication(told=True, label="Levert", css="ok", at=at)
            if pk == self.patient.pk
            else Communication(told=False, label="I kø", css="wait")
            for pk in rows.values_list("patient", flat=True)
        }


def test_the_column_says_who_was_notified_with_live_state_and_date(client, three, analyse, monkeypatch):
    """Spec H4; also after the next analysis, and who is told stays behind when asked to."""
    monkeypatch.setattr(communication, "REGISTRY", [])
    communication.register(Told(three["Ola"]))
    first = analyse()
    assert "Pasient mottok" not in overview(client, first)
    send(client, first, vekt="1")
    analysis = analyse()

    text = overview(client, analysis)

    assert "Pasient mottok elektronisk varsel Levert 23.11.2026 09:30" in text
    assert text.count("Pasient mottok elektronisk varsel") == 1
    assert "I kø" in text
    assert names(client, analysis, varslet="ja") == {"Ola"}
    assert names(client, analysis, varslet="nei") == {"Kari", "Eva"}
    send(client, analysis, uten_varslede="1")
    assert members() == {"Kari", "Eva"}


def test_another_programmes_sends_do_not_count(client, three, analyse, monkeypatch):
    monkeypatch.setattr(communication, "REGISTRY", [Told(three["Ola"])])
    send(client, analyse("covid19"))

    assert "Pasient mottok" not in overview(client, analyse())
