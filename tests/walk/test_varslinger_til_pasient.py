"""«Varslinger til pasient», sentence by sentence: the user's own text, walked through in a browser with the clock
    moved.

Every test quotes the sentences it shows. Staff work in Chromium; messages are read on the sandbox's phones; the clock
    is the product's own, moved forward while web, worker and sandbox run. The patient's side is driven by the service
    functions that the portal will call.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.front_desk import CLINICIAN, MANAGER, SUPPORT, reload_until, row
from tests.rig import wait_for
from tests.walk.conftest import OSLO, Walk, days
from tests.walk.people import PEOPLE

pytestmark = [pytest.mark.walk]
SECRET = "hemoroider"  # what a dialog says, and no message may
LABELS = [
    "E-post (SMS sendes dersom e-post ikke er mulig)",
    "SMS (E-post sendes dersom SMS ikke er mulig)",
    "E-post og SMS",
]
CONFIRMATION, BOOKED = "Bekreftelse på oppsatt time", "Bekreftelse på timebestilling"
REMINDER, CHANGE = "Påminnelse om time", "Endring av time"
NOT_POSSIBLE = "Pasientvarsel ikke mulig"


def one(messages: list[str]) -> str:
    """Return the only message; more or fewer is an error worth reading."""
    assert len(messages) == 1, messages
    return messages[0]


def at(day: datetime, clock: str) -> datetime:
    """Return a moment of the day by the clinic's wall clock."""
    hour, minute = map(int, clock.split(":"))
    return day.astimezone(OSLO).replace(hour=hour, minute=minute, second=0, microsecond=0)


def weekday(walk: Walk, number: int, weeks: int = 1) -> datetime:
    """Return that weekday (0 is Monday) so many weeks from now."""
    today = walk.now()
    return today + timedelta(days=number - today.weekday(), weeks=weeks)


# --- «Pasientvarslinger kan aktiveres for følgende moduler» -----------------------------------------------------------


def test_notices_are_active_for_post_timebook_and_economy_and_only_support_switches_them(walk: Walk) -> None:
    """«Pasientvarslinger kan aktiveres for følgende moduler: Post, Timebok, Økonomi. Vi aktiverer tilgang til
    pasientvarslinger for dere basert på hva dere har bestilt.» (spec A1, A2)
    """
    support = walk.at_desk(SUPPORT)
    support.goto(f"/admin/clinics/clinic/{walk.known['clinic']}/change/")
    for module in ("Post", "Timebok", "Økonomi"):
        expect(support.get_by_label(f"Varsler for {module}")).to_be_checked()

    manager = walk.at_desk(MANAGER)
    assert manager.goto("/admin/clinics/clinic/") is not None
    expect(manager.get_by_label("Varsler for Post")).to_have_count(0)


# --- «Innstillinger for pasientvarslinger» ----------------------------------------------------------------------------


def test_preferred_method_is_chosen_on_the_card(walk: Walk) -> None:
    """«Under Varslinger Pasientkortet kan du endre innstillinger og bestemme hvilken form for varsling pasienter skal
    motta. Velg foretrukket varslingsmetode fra nedfallsmenyen.» (spec B2)
    """
    page, name = walk.at_desk(), "Velger Metode"
    page.goto(walk.card(name))
    menu = page.get_by_role("combobox", name="Foretrukket varslingsmetode")
    assert menu.locator("option").all_inner_texts()[1:] == LABELS

    menu.select_option(label="SMS (E-post sendes dersom SMS ikke er mulig)")
    expect(page.get_by_text("Foretrukket varslingsmetode er lagret")).to_be_visible()
    walk.write(page, name, "Hei")
    walk.settle()

    assert len(walk.sms(name)) == 1
    assert walk.mails(name) == []


def test_a_choice_of_method_holds_at_that_clinic_only(walk: Walk) -> None:
    """«Endring av foretrukket varslingsmetode gjelder kun for den spesifikke klinikken. Har pasient kundeforhold hos
    flere klinikker …, vil hver klinikk måtte endre innstillinger.» (spec B2)
    """
    page = walk.at_desk()
    page.goto(walk.card("Begge Klinikker"))
    page.get_by_role("combobox", name="Foretrukket varslingsmetode").select_option(label="E-post og SMS")
    expect(page.get_by_text("Foretrukket varslingsmetode er lagret")).to_be_visible()

    methods = "SELECT id, preferred_method FROM patients_patient WHERE id IN (%s, %s)"
    cards = walk.patient("Begge Klinikker"), walk.patient("Begge Klinikker there")
    assert dict(walk.house.sql(methods, cards)) == {cards[0]: "both", cards[1]: ""}


def test_with_nothing_chosen_an_email_address_gets_an_email(walk: Walk) -> None:
    """«Dersom pasienten har angitt en e-postadresse, vil det sendes ut en e-post med beskjed om viktig informasjon i
    appen/portalen, og beskjed om å logge inn for å lese.» (spec C2, C4)
    """
    walk.write(walk.at_desk(), "Epost Først", "Hei")
    walk.settle()

    text = one(walk.mails("Epost Først"))
    assert "viktig informasjon" in text
    assert "logg inn" in text.lower()
    assert walk.sms("Epost Først") == []


def test_the_app_gets_a_push_besides(walk: Walk) -> None:
    """«Dersom pasienten har lastet ned appen og tillatt push-varslinger, vil det bli sendt en push-melding med beskjed
    om viktig informasjon, i tillegg til e-post/SMS.» (spec C2)
    """
    walk.installs_app("App Bruker")
    walk.write(walk.at_desk(), "App Bruker", "Hei")
    walk.settle()

    assert "viktig informasjon" in one(walk.pushed("App Bruker"))
    assert len(walk.mails("App Bruker")) == 1


def test_with_a_phone_number_only_an_sms_is_sent(walk: Walk) -> None:
    """«Dersom pasienten kun har angitt telefonnummer, vil det sendes ut en SMS.» (spec C2)"""
    walk.write(walk.at_desk(), "Bare Mobil", "Hei")
    walk.settle()

    assert "viktig informasjon" in one(walk.sms("Bare Mobil"))


def test_the_content_is_in_no_message(walk: Walk) -> None:
    """«Når pasienten mottar varsel om svar på en dialog, vil innholdet derfor ikke vises i eposten, SMSen eller
    pushmeldingen. Pasienten må logge inn i appen eller portalen for å se innholdet.» (spec C4, C5)
    """
    name = "Hemmelig Dialog"
    walk.house.sql("UPDATE patients_patient SET preferred_method = 'both' WHERE id = %s", [walk.patient(name)])
    walk.write(walk.at_desk(), name, f"Angående {SECRET}: prøven er normal.")
    walk.settle()

    sms, mail = one(walk.sms(name)), one(walk.mails(name))
    assert SECRET not in sms + mail
    patient = walk.fresh()
    patient.goto(f"/v/{sms.rpartition('/v/')[2].split('/')[0]}/")
    expect(patient.get_by_text("innlogging på høyeste sikkerhetsnivå (nivå 4)")).to_be_visible()
    assert SECRET not in patient.content()


# --- «Varslinger fra Timebok» -----------------------------------------------------------------------------------------


def test_notices_are_switched_per_type(walk: Walk) -> None:
    """«Pasientvarslinger for timeboken kan aktiveres på hver enkelt timetype.» (spec D1)"""
    page = walk.at_desk(MANAGER)
    page.goto("/timetyper/")

    for kind, state in (("Kontroll", "På"), ("Senere", "Av")):
        expect(page.get_by_role("row").filter(has_text=kind)).to_contain_text(state)


def test_confirmation_comes_five_minutes_after_at_any_hour(walk: Walk) -> None:
    """«5 minutter etter timen er satt opp … Dette gjelder uansett når på døgnet timen settes opp.» (spec D2)"""
    name = "Oppsatt Natt"
    walk.move_to(at(walk.now() + days(1), "03:00"))
    page, before = walk.at_desk(), walk.now()  # reckoned from here, it may take its time to set the appointment up
    walk.book(page, name, at(weekday(walk, 3, 2), "10:00"))
    after = walk.now()
    walk.move_to(before + timedelta(minutes=4, seconds=15))
    assert walk.sms(name) == []

    walk.move_to(after + timedelta(minutes=5, seconds=1))

    assert one(walk.sms(name)).startswith("Du har fått time")


def test_booking_by_the_patient_is_confirmed_as_booked(walk: Walk) -> None:
    """«… eller timebestilling (når pasienten bestiller time selv)» (spec D2)"""
    name, start = "Bestilt Selv", at(weekday(walk, 3, 2), "11:00")
    walk.shell(patient_books(walk, name, start))
    walk.pass_time(minutes=5)

    assert one(walk.sms(name)).startswith("Du har bestilt time")


def patient_books(walk: Walk, name: str, start: datetime) -> str:
    """Return the portal's call for a booking."""
    return (
        "from datetime import datetime, timedelta\nfrom timebook import booking\n"
        "from timebook.models import AppointmentType\nfrom clinics.models import Practitioner\n"
        "from patients.models import Patient\n"
        f"start = datetime.fromisoformat({start.isoformat()!r})\n"
        f"booking.book(patient=Patient.objects.get(pk={walk.patient(name)}), place=None, starts_at=start,"
        f" practitioner=Practitioner.objects.get(pk={walk.known['practitioner']}),"
        f" type=AppointmentType.objects.get(pk={walk.known['types']['Kontroll']}),"
        " ends_at=start + timedelta(minutes=20))"
    )


def test_a_change_is_told_five_minutes_after(walk: Walk) -> None:
    """«Endring av time: 5 minutter etter endringen.» (spec D3)"""
    page, name = walk.at_desk(), "Endret Time"
    url = walk.book(page, name, at(weekday(walk, 3, 2), "12:00"))
    walk.pass_time(minutes=6)
    walk.change(page, url, at(weekday(walk, 3, 2), "13:30"))
    walk.pass_time(minutes=4)
    assert len(walk.sms(name)) == 1

    walk.pass_time(minutes=1)

    assert "13.30" in walk.sms(name)[1]


def test_a_cancellation_tells_who_cancelled(walk: Walk) -> None:
    """«Avlyst eller avbestilt time: 5 minutter etter avlysning/avbestilling.» (spec D4)"""
    page = walk.at_desk()
    by_staff = walk.book(page, "Avlyst Time", at(weekday(walk, 3, 2), "14:00"))
    by_patient = walk.book(page, "Avbestilt Time", at(weekday(walk, 3, 2), "14:30"))
    walk.pass_time(minutes=6)
    walk.cancel(page, by_staff)
    walk.shell(
        "from timebook import booking\nfrom timebook.models import Appointment\n"
        f"row = Appointment.objects.get(pk={by_patient.split('/')[-2]})\n"
        "booking.cancel(row, version=row.version, by=None)"
    )
    walk.pass_time(minutes=5)

    assert walk.sms("Avlyst Time")[-1].startswith("Avlyst av klinikken")
    assert "avbestilt" in walk.sms("Avbestilt Time")[-1].lower()


def test_thursday_at_ten_is_reminded_of_on_tuesday_at_ten(walk: Walk) -> None:
    """«Påminnelse om time: 48 timer før timen begynner. … Hvis en pasient er satt opp på time kl.10 på torsdag, vil
    pasienten motta varsel kl 10. tirsdag samme uke.» (spec D6)
    """
    name, thursday = "Torsdag Klokkenti", at(weekday(walk, 3), "10:00")
    walk.book(walk.at_desk(), name, thursday)
    walk.move_to(at(thursday - days(2), "09:59"))
    assert len(walk.sms(name)) == 1  # the confirmation

    walk.move_to(at(thursday - days(2), "10:00"))

    assert len(walk.sms(name)) == 2
    assert f"{thursday:%d.%m.%Y} kl. 10.00" in walk.sms(name)[-1]


def test_under_48_hours_gives_a_confirmation_and_no_reminder(walk: Walk) -> None:
    """«Hvis pasienten blir satt opp på time … under 48 timer før timen begynner vil pasienten få bekreftelse på
    timebestilling som vanlig, men ingen ekstra påminnelse.» (spec D6)
    """
    name, page = "Under Førtiåtte", walk.at_desk()
    start = (walk.now() + timedelta(hours=47)).replace(minute=0, second=0, microsecond=0)
    url = walk.book(page, name, start)
    walk.move_to(start - timedelta(minutes=5))

    one(walk.sms(name))
    page = walk.at_desk()
    page.goto(url)
    page.get_by_role("link", name="Hvorfor?").first.click()
    expect(page.get_by_text("48-timersregelen")).to_be_visible()


# --- «Hvis pasientvarslinger aktiveres i etterkant» -------------------------------------------------------------------


def test_switching_on_later_gives_no_confirmation_but_reminders_two_days_ahead_at_once(walk: Walk) -> None:
    """«… vil ikke pasienten få varsling med bekreftelse på at denne timen er satt opp. Dersom du aktiverer varslinger
    på timetypen to dager før en oppsatt time, vil pasienten få en varsling med påminnelse om timen så fort varslinger
    er aktivert. Ingen varslinger blir derimot sendt ut dersom den oppsatte timen er dagen etter du aktiverer
    varslinger. Endres oppsatt time etter at pasientvarsling er aktivert, vil pasient motta varsel om dette. Det samme
    gjelder om timen avlyses.» (spec D8)
    """
    walk.move_to(at(weekday(walk, 0), "12:00"))
    page, monday = walk.at_desk(MANAGER), walk.now()
    walk.book(page, "Uten Type", at(monday + days(4), "09:00"), "Senere")
    walk.book(page, "To Dager", at(monday + days(2), "09:00"), "Senere")  # 45 hours ahead, two days by the calendar
    next_day = walk.book(page, "Neste Dag", at(monday + days(1), "15:00"), "Senere")
    later = walk.book(page, "Senere Endret", at(monday + days(1), "15:30"), "Senere")
    walk.pass_time(minutes=6)
    assert [walk.sms(name) for name in ("Uten Type", "To Dager", "Neste Dag", "Senere Endret")] == [[], [], [], []]

    page.goto(f"/timetyper/{walk.known['types']['Senere']}/varsling/")
    expect(page.get_by_text("Får påminnelse straks")).to_be_visible()
    expect(page.get_by_role("link", name="To Dager")).to_be_visible()
    walk.switch_type(page, "Senere")
    walk.settle()
    assert one(walk.sms("To Dager")).startswith("Påminnelse")
    assert walk.sms("Neste Dag") == [] == walk.sms("Uten Type")

    walk.change(page, later, at(monday + days(1), "16:30"))
    walk.cancel(page, next_day)
    walk.pass_time(minutes=5)
    assert "16.30" in one(walk.sms("Senere Endret"))
    assert one(walk.sms("Neste Dag")).startswith("Avlyst av klinikken")
    walk.move_to(at(monday + days(2), "09:00"))
    one(walk.sms("Uten Type"))  # 48 hours before, as usual


# --- «Varslinger på migrerte timer» -----------------------------------------------------------------------------------


def test_migrated_appointments_get_a_default_type_and_reminders_by_the_48_hour_rule(walk: Walk, tmp_path: Path) -> None:
    """«… vil disse timene som utgangspunkt bli migrert til en default timetype som har varslinger deaktivert som
    standard. Ønsker du at pasient skal motta varslinger om påminnelse av timen må du aktivere varslinger på timetypen.
    Hvis time A er satt opp om 3 dager …, vil pasienten få varsel om påminnelse 2 dager før oppsatt time. Hvis time A er
    satt opp om 47 timer …, vil ikke pasienten få varsel.» (spec D11)
    """
    walk.move_to(at(walk.now() + days(1), "09:00"))
    page, now = walk.at_desk(MANAGER), walk.now()
    three_days, too_close = at(now + days(3), "09:00"), at(now + timedelta(hours=47), "08:00")
    people = tmp_path / "pasienter.csv"
    people.write_text(
        "lokalt nummer;fornavn;etternavn;fødselsdato;e-post;mobil;samtykke\n"
        "M1;Tre;Dager;12.03.1961;;43199901;ja\nM2;Førtisju;Timer;12.03.1962;;43199902;ja\n",
        encoding="utf-8",
    )
    upload(page, people)
    book = tmp_path / "timer.csv"
    book.write_text(
        "time-id;lokalt nummer;behandler;dato;klokkeslett;varighet\n"
        f"A1;M1;Bjørn Haugen;{three_days:%d.%m.%Y};09:00;20\nA2;M2;Bjørn Haugen;{too_close:%d.%m.%Y};08:00;20\n",
        encoding="utf-8",
    )
    upload(page, book)
    walk.pass_time(minutes=6)
    assert walk.came("+4743199901") == [] == walk.came("+4743199902")  # no confirmation

    [(kind, notices)] = walk.house.sql(
        "SELECT id, notices FROM timebook_appointmenttype WHERE is_import_default AND clinic_id = %s",
        [walk.known["clinic"]],
    )
    assert notices is False
    walk.known["types"]["Importert"] = kind
    walk.switch_type(page, "Importert")
    walk.move_to(three_days - days(2) + timedelta(minutes=1))

    one(walk.came("+4743199901"))
    walk.move_to(too_close + timedelta(minutes=1))
    assert walk.came("+4743199902") == []


def upload(page: Page, file: Path) -> None:
    """Import a file by the manager's page."""
    page.goto("/import/ny/")
    page.get_by_label("Fil", exact=True).set_input_files(file)
    page.get_by_label("Nei. Bruk det som står i filen").check()
    page.get_by_role("button", name="Last opp og kontroller").click()
    expect(page.get_by_text("Ingenting er lagret ennå")).to_be_visible()
    page.get_by_role("button", name="Importer").click()
    expect(page.get_by_text("Importen er ferdig")).to_be_visible()


# --- «Varslinger fra Post» --------------------------------------------------------------------------------------------


def test_the_patient_is_told_of_a_dialog_at_once(walk: Walk) -> None:
    """«Pasienten får varsling fra postmodulen når: De mottar en dialog» (spec E2)"""
    walk.write(walk.at_desk(), "Får Dialog", "Kom gjerne innom.")
    walk.settle()

    assert "viktig informasjon" in one(walk.sms("Får Dialog"))


def test_the_patient_is_told_of_an_answer_in_each_of_the_four_kinds(walk: Walk) -> None:
    """«De mottar svar på e-dialog, e-konsultasjon, reseptforespørsler og fakturaspørsmål. Varslingen inneholder ikke
    sensitiv informasjon og innholdet vises derfor ikke i eposten, SMS’en eller pushmeldingen.» (spec E1, E2, C4)
    """
    name, page = "Får Svar", walk.at_desk(CLINICIAN)
    kinds = ["e_dialog", "e_consultation", "prescription", "invoice_question"]
    walk.shell(
        "import uuid\nfrom post import patient_side\nfrom patients.models import Patient\n"
        f"card = Patient.objects.get(pk={walk.patient(name)})\n"
        f"for kind in {kinds!r}:\n"
        "    patient_side.start_by_patient(person=card.person, patient=card, kind=kind, subject='Spørsmål ' + kind,"
        " text='Hva nå?', key=uuid.uuid4())"
    )
    walk.settle()
    assert walk.sms(name) == []  # the patient's own messages make none

    for number, kind in enumerate(kinds, start=1):
        page.goto("/post/?vis=alle")
        page.get_by_role("row").filter(has_text=f"Spørsmål {kind}").get_by_role("link").first.click()
        page.get_by_role("textbox", name="Melding").fill(f"Om {SECRET}: se vedlagt råd.")
        page.get_by_role("button", name="Send svar").click()
        expect(page.get_by_text("Svaret er sendt")).to_be_visible()
        walk.settle()
        assert len(walk.sms(name)) == number
        assert SECRET not in walk.sms(name)[-1]


# --- «Varslinger fra Økonomi» -----------------------------------------------------------------------------------------


def test_a_receipt_is_told_of_at_once_and_the_link_leads_to_payments(walk: Walk) -> None:
    """«… vil pasienter varsles om at de har mottatt en kvittering i appen/portalen. Dette varselet blir sendt ut med en
    gang man har markert regningskort som betalt. Linken i e-posten fører til oversikt over betalinger i
    pasientportalen.» (spec F2, C5)
    """
    name = "Betaler Regning"
    walk.pay(walk.at_desk(), name)
    walk.settle()

    text = one(walk.mails(name))
    assert "kvittering" in text
    assert "2ad" not in text
    assert "/v/" in text
    patient = walk.fresh()
    patient.goto(f"/v/{text.rpartition('/v/')[2].split('/')[0]}/")
    expect(patient.get_by_text("Logg inn for å lese").first).to_be_visible()


# --- «Se status og historikk for varslinger» --------------------------------------------------------------------------


def test_everyone_sees_event_method_message_and_status_on_the_card(walk: Walk) -> None:
    """«Alle på klinikken har mulighet til å se status for alle varslinger som er sendt til en pasient på pasientkortet
    under varslinger. Oversikten gir informasjon om hvilken hendelse som genererer varsling, varslingsmetode, beskjed og
    status på varsling.» (spec J1)
    """
    name = "Ser Status"
    walk.write(walk.at_desk(), name, "Hei")
    walk.settle()

    for colleague in (CLINICIAN, MANAGER):
        page = walk.at_desk(colleague)
        page.goto(walk.card(name))
        reload_until(page, lambda page: row(page, "Ny dialog").get_by_text("Levert"))
        line = row(page, "Ny dialog").first
        for words in ("Ny dialog", "SMS", "viktig informasjon", "Levert"):
            expect(line).to_contain_text(words)


def test_without_contact_information_one_is_told_before_a_dialog_and_before_an_appointment(walk: Walk) -> None:
    """«Hvis pasienten ikke har telefonnummer eller e-post registrert, vil du bli gjort oppmerksom på at pasientvarsel
    ikke er mulig når du setter opp pasient på time eller sender en dialog. Kontaktopplysninger må være registrert på
    pasienten for at du skal kunne sende dialogen.» (spec D12, E3)
    """
    page, patient = walk.at_desk(), walk.patient("Uten Kontakt")
    page.goto(f"/post/ny/?pasient={patient}")
    expect(page.get_by_text(NOT_POSSIBLE).first).to_be_visible()
    expect(page.get_by_role("button", name="Send dialog")).to_be_disabled()

    page.goto(walk.new_appointment("Uten Kontakt", (walk.now() + days(5)).date(), "08:00"))
    expect(page.get_by_text(NOT_POSSIBLE).first).to_be_visible()
    page.get_by_label("Timetype").select_option(label="Kontroll")
    page.get_by_role("button", name="Sett opp uten varsel").click()
    expect(page.get_by_text("Timen er satt opp")).to_be_visible()


# --- «Ofte stilte spørsmål» -------------------------------------------------------------------------------------------


def test_no_push_while_no_module_is_active(walk: Walk) -> None:
    """«Vil pasienten motta push-varslinger fra appen selv om vi ikke har pasientvarslinger aktivert for noen av
    modulene? Nei, dere må ha pasientvarslinger aktivert for at appen skal sende push-varslinger.» (spec A3)
    """
    walk.installs_app("App Bruker")
    before = len(walk.pushed("App Bruker"))
    walk.set_modules(post_notices=False, timebook_notices=False, economy_notices=False)
    try:
        walk.write(walk.at_desk(), "App Bruker", "Hei igjen")
        walk.settle()
        assert len(walk.pushed("App Bruker")) == before
    finally:
        walk.set_modules(post_notices=True, timebook_notices=True, economy_notices=True)


def test_single_kinds_cannot_be_chosen_away(walk: Walk) -> None:
    """«Kan vi selv velge hvilke varslinger som sendes ut til pasienten (for eksempel kun timebekreftelse, men ikke
    påminnelse)? Nei» (spec A4): a type has one switch, and nothing else about notices.
    """
    page = walk.at_desk(MANAGER)
    page.goto(f"/timetyper/{walk.known['types']['Kontroll']}/varsling/")
    expect(page.get_by_role("main").get_by_role("button", name="Slå av varsling")).to_have_count(1)
    assert page.get_by_role("main").locator("input:not([type=hidden]), select").count() == 0


def test_a_single_patient_is_left_out_by_removing_contact_information(walk: Walk) -> None:
    """«Kan vi velge at enkeltpasienter ikke skal motta varslinger? Nei, … men det er mulig å fjerne kontaktinformasjon
    på pasientkortet dersom pasienten ikke ønsker å motta varslinger.» (spec A5)
    """
    page, name = walk.at_desk(), "Fjerner Kontakt"
    url = walk.book(page, name, at(walk.now() + days(6), "09:00"))
    page.goto(walk.card(name))
    page.get_by_role("link", name="Endre mobilnummer").click()
    page.get_by_role("textbox", name="Mobil").fill("")
    page.get_by_role("button", name="Lagre").click()
    expect(page.get_by_text("Kontaktopplysninger er lagret")).to_be_visible()
    walk.pass_time(minutes=6)

    assert walk.sms(name) == []
    page.goto(url)
    expect(page.get_by_text("Ikke mulig").first).to_be_visible()


def test_support_switches_receipts_off(walk: Walk) -> None:
    """«Hvordan velger vi at det ikke sendes ut varsling til pasienten for mottatt kvittering? … Support kan deaktivere
    pasientvarslinger for økonomimodulen for dere.» (spec A2, F3)
    """
    support = walk.at_desk(SUPPORT)
    support.goto(f"/admin/clinics/clinic/{walk.known['clinic']}/change/")
    support.get_by_label("Varsler for Økonomi").uncheck()
    support.get_by_role("button", name="Lagre", exact=True).click()
    try:
        walk.pay(walk.at_desk(), "Uten Kvittering")
        walk.settle()
        assert walk.sms("Uten Kvittering") == []
    finally:
        walk.set_modules(economy_notices=True)


def test_helsenorge_notifies_about_its_own(walk: Walk) -> None:
    """«Vi bruker tredjepartsintegrasjoner. … DigiCare og HelseNorge sender ut varslinger.» (spec D13)"""
    name, start = "Fra Helsenorge", at(walk.now() + days(7), "13:00")
    walk.shell(patient_books(walk, name, start).replace("booking.book(", "row = booking.book("))
    walk.house.sql("UPDATE timebook_appointment SET source = 'helsenorge' WHERE patient_id = %s", [walk.patient(name)])
    walk.pass_time(minutes=6)
    came = len(walk.sms(name))
    page = walk.at_desk()
    [(pk,)] = walk.house.sql("SELECT id FROM timebook_appointment WHERE patient_id = %s", [walk.patient(name)])
    walk.change(page, f"/timebok/time/{pk}/", start + timedelta(hours=1))
    walk.pass_time(minutes=6)

    assert len(walk.sms(name)) == came
    page.goto(walk.card(name))
    expect(page.get_by_text("Varsles av Helsenorge").first).to_be_visible()


def test_withdrawn_consent_stops_notices_and_says_so(walk: Walk) -> None:
    """«Pasienten kan ha trukket samtykket. … dere kan trekke eller gi samtykke på vegne av pasienten på pasientkortet.»
    (spec B3, J3)
    """
    page, name = walk.at_desk(), "Trukket Samtykke"
    url = walk.book(page, name, at(walk.now() + days(8), "09:30"))
    page.goto(f"/pasienter/{walk.patient(name)}/samtykke/trekk/")
    page.get_by_role("main").get_by_role("button").first.click()
    walk.pass_time(minutes=6)

    assert walk.sms(name) == []
    page.goto(url)
    page.get_by_role("link", name="Hvorfor?").first.click()
    expect(page.get_by_text("hvis pasienten hadde samtykket").first).to_be_visible()


def test_missing_contact_information_is_named_as_the_cause(walk: Walk) -> None:
    """«Pasienten kan ha manglende kontaktopplysninger. Dere kan legge til dette på pasientkortet.» (spec J3)"""
    page = walk.at_desk()
    page.goto(f"/pasienter/{walk.patient('Uten Kontakt')}/varsling-na/")

    expect(page.get_by_text("Ville gått på SMS hvis mobilnummer var registrert.").first).to_be_visible()


def test_a_failure_is_seen_first_in_the_log_with_its_reason(walk: Walk) -> None:
    """«Varslingen kan ha feilet av andre grunner. Les hvordan du kan sjekke status på varslinger.» (spec J1, J3)"""
    name = "Feilet Nummer"
    walk.modes(sms={"rules": [{"suffix": PEOPLE[name]["mobile"][-8:], "outcome": "30005"}]})
    walk.write(walk.at_desk(), name, "Hei")
    walk.settle()

    page = walk.at_desk()
    page.goto("/varsler/")
    failures = page.get_by_role("group", name="Må følges opp")
    wait_for(lambda: bool(page.reload()) and failures.get_by_text("Feilet Nummer").count() > 0)
    expect(failures.get_by_role("row").filter(has_text=name)).to_contain_text("Feilet")


def test_a_deactivated_type_still_sends(walk: Walk) -> None:
    """«Dersom en timetype er deaktivert, fungerer det fortsatt å sende varslinger til pasient? Ja. … så lenge
    varslinger er på og den timetypen er i bruk i timeboken, får pasient varsel.» (spec D10)
    """
    page, name = walk.at_desk(MANAGER), "Utgått Type"
    url = walk.book(page, name, at(walk.now() + days(9), "10:00"), "Utgått")
    walk.pass_time(minutes=6)
    page.goto(f"/timetyper/{walk.known['types']['Utgått']}/")
    page.get_by_label("Tilbys").uncheck()
    page.get_by_role("button", name="Lagre").click()
    expect(page.get_by_text("Lagret")).to_be_visible()

    walk.change(page, url, at(walk.now() + days(9), "11:30"))
    walk.pass_time(minutes=5)

    assert "11.30" in walk.sms(name)[-1]
    assert len(walk.sms(name)) == 2


def test_a_green_icon_marks_those_who_have_logged_in(walk: Walk) -> None:
    """«Et grønt ikon vises ved navnet til pasienten i søkefeltet, dialoger og timer hvis de har logget inn i appen
    eller pasientportalen tidligere.» (spec B4)
    """
    name, page = "Aktiv Bruker", walk.at_desk()
    walk.installs_app(name)
    walk.write(page, name, "Hei")
    url = walk.book(page, name, at(walk.now() + days(10), "12:30"))
    icon = "Aktiv bruker: har logget inn i app eller pasientportal"

    page.goto(url)
    expect(page.get_by_role("img", name=icon).first).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("aktiv bru")
    expect(page.locator("#quick-results").get_by_role("img", name=icon).first).to_be_visible()
    page.goto("/post/?vis=alle")
    expect(page.get_by_role("row").filter(has_text=name).get_by_role("img", name=icon).first).to_be_visible()
