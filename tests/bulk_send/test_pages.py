"""The composer, the confirmation and the report, as staff use them (spec I1-I6)."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bulk_send import drafting, outcomes, planning, report, resending, stopping, summary
from bulk_send.models import Bulk, Recipient, State, Type
from clinics.models import AuditEvent, EContactProvider
from notifications import receipts
from notifications.kinds import DeliveryState, Reason
from notifications.models import Delivery, Notification
from notifications.providers.base import Outcome
from patients import proxy_notices
from patients.models import Patient
from patients.proxy_models import Proxy
from post.models import MessageTemplate
from selection import communication
from selection.models import Selection
from tests.access.people import colleague, logged_in
from tests.bulk_send.conftest import portal_patient
from tests.factories import PatientFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_collected_files(settings):
    """Let static files come from their folders."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def staff(clinic, clock):
    """A secretary who may send bulks, with a second factor."""
    return colleague(clinic, may_bulk_send=True, may_export=True)


@pytest.fixture
def web(staff) -> Client:
    """Their web."""
    return logged_in(staff)


def url(name, bulk):
    return reverse(f"bulk_send:{name}", args=[bulk.pk])


def form_of(bulk, **fields):
    bulk.refresh_from_db()
    said = {"type": bulk.type, "subject": bulk.subject, "text": bulk.text, "purpose": bulk.purpose}
    return said | {"version": bulk.version, "practitioner": ""} | fields


def press(web, bulk, action="save", **fields):
    return web.post(url("compose", bulk), form_of(bulk, action=action, **fields))


def test_send_pasientvarsel_opens_one_draft_however_often(people, select, web, clinic):
    selection = select()
    for _ in range(2):
        answer = web.post(reverse("bulk_send:start", args=[selection.pk]))

    bulk = Bulk.objects.get()
    assert answer.url == url("compose", bulk)
    assert "3 personer" in web.get(answer.url).content.decode()


def test_the_lists_show_the_marks_and_why_someone_cannot_be_moved(people, draft, web, clinic):
    """spec I2, I3: the reason stands by the name."""
    PatientFactory(clinic=clinic, given_name="Dag", family_name="Dahl", mobile="", email="")
    page = web.get(url("compose", draft())).content.decode()

    assert "Mobilnummer mangler" in page
    assert all(word in page for word in ("ePortal", "EP-kontakt", "Mobil", "E-post"))
    assert "1 kan ikke motta SMS" in page


def test_people_are_moved_by_the_buttons(people, draft, web):
    bulk = draft()

    press(web, bulk, "remove", left=[people[0].pk])
    assert bulk.recipients.count() == 2
    press(web, bulk, "choose", right=[people[0].pk])
    assert bulk.recipients.count() == 3
    press(web, bulk, "remove_all")
    assert bulk.recipients.count() == 0
    press(web, bulk, "choose_all")
    assert bulk.recipients.count() == 3


def test_what_is_typed_is_saved_by_every_button(people, draft, web):
    bulk = draft()

    press(web, bulk, "choose_all", text="Hei\r\nder", purpose="recall")

    bulk.refresh_from_db()
    assert (bulk.text, bulk.purpose) == ("Hei\nder", "recall")


def test_a_type_change_names_those_who_fall_out(people, draft, web, clinic):
    PatientFactory(clinic=clinic, given_name="Dag", family_name="Dahl")
    bulk = draft()

    page = press(web, bulk, type="econtact").content.decode()

    assert "1 mottaker kan ikke få EP-kontakt og er flyttet tilbake" in page
    assert "Dag Dahl: Pasienten har verken ePortal eller EP-kontakt" in page


def test_what_the_clinic_lacks_is_shown_with_the_reason(people, draft, web, clinic):
    """spec I1."""
    bulk = draft()
    type(clinic).objects.update(econtact_provider="")

    page = web.get(url("compose", bulk)).content.decode()

    assert "ingen leverandør av e-kontakt" in page


def test_the_characters_that_cost_are_swapped(people, draft, web):
    bulk = draft(text="Kontoret – stengt «fredag»")

    assert "Bytt ut tegnene" in web.get(url("compose", bulk)).content.decode()
    press(web, bulk, "plain")

    bulk.refresh_from_db()
    assert bulk.text == 'Kontoret - stengt "fredag"'


def test_a_template_brings_text_and_subject(people, draft, web, clinic):
    template = MessageTemplate.objects.create(clinic=clinic, name="Vaksine", subject="Time", text="Bestill time")
    other = MessageTemplate.objects.create(clinic=PatientFactory().clinic, name="Annen", text="Annen klinikk")
    bulk = draft()

    press(web, bulk, "template", template=other.pk)
    bulk.refresh_from_db()
    assert bulk.text == "Kontoret er stengt fredag."
    press(web, bulk, "template", template=template.pk)
    bulk.refresh_from_db()
    assert (bulk.text, bulk.subject) == ("Bestill time", "Time")


def test_the_preview_shows_real_recipients(people, draft, web):
    page = web.get(url("compose", draft(text="Hei {fornavn}, velkommen"))).content.decode()

    assert "Hei Anne, velkommen" in page


def test_the_preview_names_nobody_to_a_proxy_but_an_e_contact_is_the_patients(clinic, people, staff, draft, web):
    """spec K2: what is shown is what is sent."""
    since = timezone.localdate()
    proxy = Proxy.objects.create(
        clinic=clinic, patient=people[0], person=PersonFactory(), kind="VE", valid_from=since, recorded_by=staff
    )
    proxy_notices.begin(proxy, email="v@example.com", mobile="42 00 00 99", by=staff, now=timezone.now())
    text = "Hei {fornavn}, velkommen"

    sms, econtact = (web.get(url("compose", draft(kind, text=text))).content.decode() for kind in Type)

    assert "Hei, velkommen" in sms
    assert "Hei Anne" not in sms
    assert f"{people[0].name} (til fullmektig)" in sms
    assert "Hei Bjørn, velkommen" in sms
    assert "Hei Anne, velkommen" in econtact
    assert "til fullmektig" not in econtact
    assert "Besøklegen ble sist spurt om hvem som er aktive: aldri" in econtact


def test_a_search_that_finds_nobody_says_so(people, draft, web):
    bulk = draft()

    page = press(web, bulk, "left:0", left_text="zzz").content.decode()

    assert "Ingen mottakere passer søket" in page


def test_a_colleagues_change_is_told_and_nothing_typed_is_lost(people, draft, web, staff):
    bulk = draft()
    form = form_of(bulk, action="save", text="Min tekst")
    drafting.change(bulk, version=bulk.version, by=staff, text="Din tekst")

    answer = web.post(url("compose", bulk), form)

    assert answer.status_code == 409
    assert "Min tekst" in answer.content.decode()
    bulk.refresh_from_db()
    assert bulk.text == "Din tekst"


def test_the_draft_is_saved_while_one_writes(people, draft, web):
    bulk = draft()
    answer = web.post(
        url("compose", bulk), form_of(bulk, action="autosave", text="Underveis"), headers={"HX-Request": "true"}
    )

    bulk.refresh_from_db()
    assert bulk.text == "Underveis"
    assert f'value="{bulk.version}"' in answer.content.decode()


def test_the_confirmation_says_what_will_happen(people, draft, web):
    page = web.get(url("confirm", draft(Type.ECONTACT))).content.decode()

    assert "Send EP-kontakt til 3 mottakere?" in page
    assert "Det opprettes 3 regningskort med takst 1be." in page
    assert "30.06.2022" in page
    assert "E-post 3" in page
    assert 'name="accepts_cards"' in page
    assert 'name="accepts_cards" checked' not in page


def test_send_box_and_number_told(people, draft, web, work, sms, clock):
    """spec I4."""
    bulk = draft()

    answer = web.post(url("confirm", bulk), {"version": bulk.version})
    assert answer.url == url("bulk", bulk)
    assert "3 personer varsles" in web.get(answer.url).content.decode()
    work()

    assert "3 personer ble varslet" in web.get(answer.url).content.decode()


def test_twenty_presses_send_once(people, draft, web, work, sms):
    bulk = draft()
    said = {"version": bulk.version}

    answers = {web.post(url("confirm", bulk), said).url for _ in range(20)}
    work()

    assert answers == {url("bulk", bulk)}
    assert len(sms.sent) == 3


def test_the_guard_asks_first(people, draft, web):
    bulk = draft(text="Time for diabeteskontroll, 12345678901")
    said = {"version": bulk.version}

    refused = web.post(url("confirm", bulk), said)
    assert refused.status_code == 422
    assert "ser ut som et fødselsnummer" in refused.content.decode()
    accepted = web.post(url("confirm", bulk), said | {"accepts_warnings": "on"})
    assert accepted.status_code == 302


def test_nothing_is_sent_without_accepting_the_cards(people, draft, web):
    bulk = draft(Type.ECONTACT)

    refused = web.post(url("confirm", bulk), {"version": bulk.version})

    assert refused.status_code == 422
    assert "Ingenting er sendt" in refused.content.decode()
    bulk.refresh_from_db()
    assert bulk.is_draft


def test_undo_and_stop_by_the_buttons(people, draft, web, work, sms, clock, select):
    bulk = draft()
    web.post(url("confirm", bulk), {"version": bulk.version})
    web.post(url("undo", bulk))
    bulk.refresh_from_db()
    assert bulk.is_draft

    web.post(url("confirm", bulk), {"version": bulk.version})
    clock.shift(timedelta(seconds=31))
    planning.run(timezone.now(), 1)
    web.post(url("stop", bulk))
    bulk.refresh_from_db()
    page = web.get(url("bulk", bulk)).content.decode()

    assert bulk.state == State.STOPPED
    assert "0 personer ble varslet" in page
    assert "Masseutsendelsen ble stoppet" in page


def numbers_of(web, bulk):
    """Return what the page says: told, and the reasons with their numbers; the export; the history."""
    rows = list(csv.reader(io.StringIO(web.get(url("export", bulk)).getvalue().decode("utf-8-sig")), delimiter=";"))
    return rows[1:]


def test_told_history_and_report_are_one_number(people, draft, web, work, sms, clinic, send):
    """spec I4: N = rows in the history = number in the report."""
    broken = people[0]
    sms.answers = lambda message: (
        Outcome.refused(Reason.INVALID_NUMBER) if message.recipient == broken.mobile else Outcome.accepted("id")
    )
    bulk = send(draft())
    Patient.objects.filter(pk=people[1].pk).update(consent="withdrawn")
    work()

    page = web.get(url("bulk", bulk)).content.decode()
    report = numbers_of(web, bulk)
    assert "1 person ble varslet" in page
    assert [row[1] for row in report].count("Sendt") == 1
    assert {row[2] for row in report} == {"", "Operatøren kjenner ikke nummeret", "Pasienten har trukket samtykket"}
    assert "2 personer ble ikke varslet" in page
    history = web.get(reverse("notifications:card", args=[people[2].pk])).content.decode()
    assert "SMS fra masseutsendelse" in history


def test_failed_after_accepted_was_told_in_every_number(people, draft, web, work, sms, send, clinic):
    """spec I4: notified = accepted by the provider, whatever it reports afterwards and in whichever order."""
    early, never, late = people

    def answer(message):
        if message.recipient == late.mobile:
            return Outcome.accepted("id")
        receipts.store([sms.report(DeliveryState.FAILED, Reason.REJECTED, message)], timezone.now())
        receipts.apply_pending(timezone.now())  # the callback overtakes the answer
        is_taken = message.recipient == early.mobile
        return Outcome.accepted("early") if is_taken else Outcome.unknown(Reason.NO_ANSWER)

    sms.answers = answer
    bulk = send(draft())
    work()
    message = next(message for message in sms.sent if message.recipient == late.mobile)
    receipts.store([sms.report(DeliveryState.FAILED, Reason.UNREACHABLE, message)], timezone.now())
    receipts.apply_pending(timezone.now())

    page = web.get(url("bulk", bulk)).content.decode()
    assert "2 personer ble varslet" in page
    assert "2 varslet, 2 av dem ble siden meldt feilet" in page
    assert "1 person ble ikke varslet" in page
    assert page.count("Varslet, siden meldt feilet") == 2
    assert [(row[1], row[4]) for row in numbers_of(web, bulk)] == [
        ("Varslet, siden meldt feilet", "Ja"),
        ("Feilet", "Nei"),
        ("Varslet, siden meldt feilet", "Ja"),
    ]
    assert [row.patient for row in (*outcomes.not_told(bulk), *resending.untold(bulk))] == [never, never]
    column = communication.about(clinic, Selection.objects.all(), [person.pk for person in people])
    assert {pk for pk, said in column.items() if said.told} == {early.pk, late.pk}


def test_every_outcome_of_an_sms_can_be_shown(people, draft, web, work, sms, send):
    """A message that nobody knows the fate of must not take the page down with it (spec I4)."""
    bulk = send(draft())
    work()

    shown = {}
    for state in DeliveryState:
        Delivery.objects.filter(batch=bulk.pk).update(state=state)
        shown[state] = str(state.label).lower() in web.get(url("bulk", bulk)).content.decode().lower()

    assert shown == dict.fromkeys(DeliveryState, True)


@pytest.mark.parametrize("kind", Type)
def test_those_left_out_or_stopped_before_their_turn_have_an_explanation(people, draft, web, work, sms, send, kind):
    """spec J3: nothing was ever made for them; the report leads to why, and so does the card."""
    early, late, stopped = people
    bulk = draft(kind)
    Patient.objects.filter(pk=early.pk).update(consent="withdrawn")
    bulk = send(bulk)
    Patient.objects.filter(pk=late.pk).update(mobile="", email="")
    planning.make_slice(bulk.pk, timezone.now() + timedelta(seconds=30), 1)
    stopping.stop(bulk, by=bulk.created_by, now=timezone.now())
    Patient.objects.update(consent="given", mobile="+4742999999")  # mended since: the reason is the one of then
    said = ["Pasienten har trukket samtykket", "Masseutsendelsen ble stoppet"]
    said.insert(
        1, "Mobilnummer mangler" if kind == Type.SMS else "Pasienten har verken gyldig e-post eller mobilnummer"
    )

    page = web.get(url("bulk", bulk)).content.decode()

    assert "0 personer ble varslet" in page
    for person, reason in zip((early, late, stopped), said, strict=True):
        recipient = Recipient.objects.get(bulk=bulk, patient=person)
        why_url = reverse("notifications:why_subject", args=[person.pk, "bulk", recipient.pk])
        assert why_url in page
        answer = web.get(why_url).content.decode()
        assert (answer.count(f"{reason}."), answer.count("Avgjorde")) == (1, 1)
        assert ("Ville gått på SMS hvis" in answer) == (kind == Type.SMS and person != stopped)
        assert why_url in web.get(reverse("notifications:now", args=[person.pk])).content.decode()
    assert not Notification.objects.exists()


def test_those_not_told_are_listed_by_reason(people, draft, web, work, sms, send):
    bulk = send(draft())
    Patient.objects.filter(pk=people[1].pk).update(consent="withdrawn")
    work()

    page = web.get(url("bulk", bulk) + f"?grunn={Reason.CONSENT_WITHDRAWN}").content.decode()

    assert people[1].name in page
    assert people[2].name not in page


def test_the_report_is_turned_page_by_page_without_loss(people, draft, web, send, clinic, work, sms, monkeypatch):
    """spec I4, I7: forwards and backwards everyone is seen once; the last page is found at once; narrowed it holds."""
    monkeypatch.setattr(report, "PAGE", 2)
    PatientFactory.create_batch(2, clinic=clinic)
    bulk = send(draft())
    Patient.objects.exclude(pk=people[1].pk).update(consent="withdrawn")
    work()

    def walk(first, word):
        found, query = [], first
        while query is not None:
            page = web.get(url("bulk", bulk) + f"?{query}").content.decode()
            found.append(re.findall(r'<tr><td><a href="[^"]*?(\d+)[^"]*"', page))
            step = re.search(rf'href="\?([^"#]*{word}=\d+)#h-people"', page)
            query = step and step[1].replace("&amp;", "&")
        return found

    everyone = [str(row.patient_id) for row in bulk.recipients.order_by("position")]
    told = str(people[1].pk)
    forth, back = walk("", "etter"), walk("siste=1", "foer")
    assert [pk for page in forth for pk in page] == everyone == [pk for page in reversed(back) for pk in page]
    assert (len(forth), len(back)) == (3, 3)
    first, last = (web.get(url("bulk", bulk) + query).content.decode() for query in ("", "?siste=1"))
    assert [(word in first, word in last) for word in ("Neste", "Forrige")] == [(True, False), (False, True)]
    assert [pk for page in walk("grunn=", "etter") for pk in page] == [pk for pk in everyone if pk != told]
    assert "Viser 2 av 4" in web.get(url("bulk", bulk) + "?grunn=&etter=abc&side=9").content.decode()


def test_send_again_to_those_who_were_not_told_after_mending(people, draft, web, work, sms, send):
    bulk = send(draft())
    Patient.objects.filter(pk=people[1].pk).update(mobile="")
    work()
    Patient.objects.filter(pk=people[1].pk).update(mobile="+4742999999")

    answer = web.post(url("resend", bulk))
    again = Bulk.objects.get(resend_of=bulk)
    assert answer.url == url("compose", again)
    web.post(url("confirm", again), {"version": again.version})
    work()

    assert [message.recipient for message in sms.sent[2:]] == ["+4742999999"]


def test_the_report_is_safe_in_a_spreadsheet(draft, web, work, sms, send, clinic):
    PatientFactory(clinic=clinic, given_name="=HYPERLINK(1)", family_name="x")
    bulk = send(draft())
    work()

    assert numbers_of(web, bulk)[0][0].startswith("'=")


def test_the_report_is_logged_and_needs_its_own_right(people, draft, web, send, clinic):
    bulk = send(draft())
    web.get(url("export", bulk))

    assert AuditEvent.objects.filter(action="export", what=f"bulk {bulk.pk}").exists()
    other = logged_in(colleague(clinic, may_bulk_send=True))
    assert other.get(url("export", bulk)).status_code == 403


def test_the_right_is_one_of_its_own(people, draft, clinic):
    secretary = logged_in(colleague(clinic))

    assert secretary.get(reverse("bulk_send:list")).status_code == 403
    assert secretary.post(url("confirm", draft())).status_code == 403


def test_pages_take_as_many_queries_whatever_the_number(people, draft, web, clinic, django_assert_max_num_queries):
    PatientFactory.create_batch(60, clinic=clinic)
    bulk = draft()

    with django_assert_max_num_queries(36):
        web.get(url("compose", bulk))


def test_a_followed_bulk_takes_few_queries(people, draft, web, clinic, work, sms, send, django_assert_max_num_queries):
    PatientFactory.create_batch(60, clinic=clinic)
    bulk = send(draft())
    work()

    with django_assert_max_num_queries(36):
        web.get(url("bulk", bulk))
    with django_assert_max_num_queries(18):
        web.get(url("bulk", bulk), headers={"HX-Request": "true"})


def test_a_screen_reader_is_told_milestones_and_not_every_second(people, draft, web, send, clock, work, sms):
    """WCAG 4.1.3: the box is swapped each second; what is read aloud changes at the start, each quarter and the end."""
    bulk = send(draft())
    said = []

    def poll(last):
        page = web.get(url("bulk", bulk), {"steg": last}, headers={"HX-Request": "true"}).content.decode()
        found = re.search(r'<div id="milestone" hx-swap-oob="innerHTML">(.*?)</div>', page)
        said.append(found and found[1])
        return re.search(r"""hx-vals='{"steg": "(\w+)"}'""", page)

    assert 'id="milestone" role="status">3 personer varsles straks<' in web.get(url("bulk", bulk)).content.decode()
    assert poll("countdown")[1] == "countdown"
    Patient.objects.update(consent="withdrawn")
    for size in (1, 2):
        planning.make_slice(bulk.pk, timezone.now() + timedelta(seconds=30), size)
        poll("0" if size == 1 else "25")
    work()
    poll("100")

    assert said == [
        None,
        "25 prosent er behandlet",
        "100 prosent er behandlet",
        "Sendingen er ferdig. 0 personer ble varslet",
    ]
    page = web.get(url("bulk", bulk)).content.decode()
    assert page.count('role="status"') == 2  # the toasts' and the milestones'
    assert "<title>Sendingen er ferdig. 0 personer ble varslet – " in page


def test_the_list_comes_once_more_when_all_is_settled(people, draft, web, work, sms, send):
    bulk = send(draft())
    running = web.get(url("bulk", bulk), headers={"HX-Request": "true"})
    work()
    settled = web.get(url("bulk", bulk), headers={"HX-Request": "true"})

    assert "HX-Refresh" not in running.headers
    assert settled.headers["HX-Refresh"] == "true"


def test_the_manager_chooses_the_takst_for_e_contact(people, draft, clinic, clock):
    """spec I5."""
    manager = logged_in(colleague(clinic, "manager"))

    refused = manager.post(reverse("bulk_send:takst"), {"code": "9zz"})
    manager.post(reverse("bulk_send:takst"), {"code": "1BD"})

    clinic.refresh_from_db()
    assert (refused.status_code, clinic.econtact_code) == (422, "1bd")
    assert "takst 1bd" in manager.get(url("confirm", draft(Type.ECONTACT))).content.decode()


def test_the_confirmation_says_how_much_of_the_day_is_used(people, draft, web, send, select):
    send(draft())

    page = web.get(url("confirm", draft(selection=select()))).content.decode()

    assert "3 av 20\xa0000 mottakere er brukt før denne" in page


def test_those_whom_helsenorge_knows_are_said_to_be_told_by_helsenorge(people, draft, web, clinic):
    """spec I5: Helsenorge notifies its own, and the confirmation says so."""
    clinic.econtact_provider = EContactProvider.HELSENORGE
    clinic.save()
    PatientFactory(clinic=clinic, has_econtact=True, mobile="+4742000099", email="helse@example.com")
    page = web.get(url("confirm", draft(Type.ECONTACT))).content.decode()

    assert "Helsenorge 1" in page


def test_a_bulk_that_is_a_draft_again_leads_to_the_draft(people, draft, web):
    """A colleague's page that follows it goes on there, and draws no composer inside the information box."""
    bulk = draft()

    assert "Ny masseutsendelse" in web.get(url("bulk", bulk)).content.decode()
    assert web.get(url("bulk", bulk), headers={"HX-Request": "true"})["HX-Redirect"] == url("compose", bulk)


def test_one_sent_again_from_the_card_is_told_and_never_sent_a_third_time(people, draft, web, work, sms, send, staff):
    """spec I4: the numbers follow, and «Send til dem som ikke ble varslet» leaves them in peace."""
    from notifications import outbox
    from notifications.models import Notification

    failing = {people[0].mobile, people[1].mobile}
    sms.answers = lambda message: (
        Outcome.refused(Reason.BLOCKED) if message.recipient in failing else Outcome.accepted("id")
    )
    bulk = send(draft())
    work()
    failing.remove(people[0].mobile)
    outbox.resend(Notification.objects.get(patient=people[0]), by=staff)
    work()

    page = web.get(url("bulk", bulk)).content.decode()
    assert "2 personer ble varslet" in page
    assert "1 person ble ikke varslet" in page
    assert [row[1] for row in numbers_of(web, bulk)] == ["Sendt", "Feilet", "Sendt"]
    web.post(url("resend", bulk))
    assert [row.patient for row in Bulk.objects.get(resend_of=bulk).recipients.all()] == [people[1]]


CHANNELS = [  # preferred, what is different about the patient, and how an e-contact's notice would go (spec C2)
    ("", {}, {"E-post": 1}),
    ("sms", {}, {"SMS": 1}),
    ("both", {}, {"E-post": 1, "SMS": 1}),
    ("sms", {"mobile_dead": "not_in_service"}, {"E-post": 1}),
    ("email", {"email_dead": "hard_bounce"}, {"SMS": 1}),
    ("sms", {"mobile": "+46701234567"}, {"E-post": 1}),
]


@pytest.mark.parametrize(("preferred", "fields", "expected"), CHANNELS)
def test_channels_are_counted_as_the_engine_takes_them(clinic, doctor, draft, preferred, fields, expected):
    portal_patient(clinic, general_practitioner=doctor, preferred_method=preferred, **fields)

    assert summary.channels(draft(Type.ECONTACT)) == expected


def test_channels_take_as_many_queries_whatever_the_number(people, draft, clinic, doctor, django_assert_num_queries):
    for _ in range(8):
        portal_patient(clinic, general_practitioner=doctor)
    bulk = draft(Type.ECONTACT)

    with django_assert_num_queries(2):  # the clinic, and one count
        assert summary.channels(bulk) == {"E-post": 11}
