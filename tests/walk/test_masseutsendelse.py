"""«Masseutsendelse av SMS og E-kontakt», sentence by sentence: the user's own text, walked through in a browser.

Every test quotes the sentences it shows. Staff work in Chromium, the thirty seconds for undoing pass by the product's
    own clock, and what came is read on the sandbox's phones and at the sandbox's Helsenorge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.front_desk import MANAGER, SECRETARY, SUPPORT, awake, reload_until, row
from tests.walk.conftest import Walk
from tests.walk.people import BACK, BY_SMS, NECK

pytestmark = [pytest.mark.walk]
CLOSED = "Kontoret er stengt fredag. Ring 22 00 00 00 ved behov."
SECRET = "Røntgen viste slitasje i nakken."  # what an e-contact says, and no SMS or e-mail may
NO_MOBILE, NO_CONSENT = "Mobilnummer mangler", "Samtykke trukket"
UNDO = 31  # seconds; the thirty are over


def row_of(page: Page, name: str) -> Locator:
    """Return the person's row, in a grid or in one of the composer's lists."""
    return page.get_by_role("row").filter(has_text=name)


def search(page: Page, diagnosis: str) -> Locator:
    """Find those with the diagnosis, from Hent pasient; returns the rows."""
    page.get_by_role("link", name="Pasienter", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hent pasient")
    page.get_by_role("link", name="Journalsøk").click()
    page.get_by_label("Diagnose (ICPC-2)").fill(diagnosis)
    page.get_by_role("form", name="Søkekriterier").get_by_role("button", name="Søk", exact=True).click()
    expect(page.get_by_role("grid")).to_be_visible()
    return page.locator("tr[data-id]")


def send_notice_to(page: Page, person: Locator) -> None:
    """Right-click on a person, choose «Send pasientvarsel», and come to the composer."""
    person.locator("td").nth(4).click(button="right")
    page.get_by_role("menuitem", name="Send pasientvarsel").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ny masseutsendelse")
    awake(page)


def list_of(page: Page, name: str) -> Locator:
    """Return one of the composer's two lists."""
    return page.get_by_role("group", name=name, exact=True)


def chosen(page: Page) -> Locator:
    """Return the rows of the left-hand list."""
    return list_of(page, "Mottakere").locator("tbody tr")


def choose_type(page: Page, kind: str) -> None:
    """Choose SMS or EP-kontakt; the composer comes back with what the type needs."""
    page.get_by_role("group", name="Type").get_by_text(kind, exact=True).click()
    expect(page.get_by_label("Emne")).to_have_count(1 if kind == "EP-kontakt" else 0)


def move_all(page: Page, count: int) -> None:
    """Move everyone who can be moved."""
    page.get_by_role("button", name="Legg til alle mulige").click()
    expect(chosen(page)).to_have_count(count)


def ask(page: Page, count: int) -> None:
    """Press «Send til …», and see the question."""
    page.get_by_role("button", name=re.compile(f"^Send til {count} mottaker")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"til {count} mottaker")


def send(walk: Walk, page: Page) -> None:
    """Press «Send nå», and let the thirty seconds pass."""
    page.get_by_role("button", name="Send nå").click()
    expect(page.get_by_role("heading", name="Sendes straks")).to_be_visible()
    walk.clock.pass_time(seconds=UNDO)
    walk.sent()


def box(page: Page) -> Locator:
    """Return the information box."""
    return page.get_by_role("region", name="Sendingen er ferdig")


@pytest.fixture(autouse=True)
def grants_stay(walk: Walk) -> Iterator[None]:
    """Give back after a sentence what support took away in it."""
    yield
    walk.set_modules(free_text_sms=True, econtact_provider="'helsenorge'", post_notices=True)


# --- «OBS!» -----------------------------------------------------------------------------------------------------------


def test_the_clinic_needs_a_provider_for_econtact_and_access_to_free_text_sms(walk: Walk) -> None:
    """«OBS! Behandlingsstedet må bruke Helsenorge eller Besøklegen for å sende E-kontakt (EP-kontakt), og tilgang til å
    sende fritekst-SMS.» (spec A6, I1): support gives both, and what is missing is said.
    """
    support = walk.at_desk(SUPPORT)
    support.goto(f"/admin/clinics/clinic/{walk.known['clinic']}/change/")
    support.get_by_label("Fritekst-SMS").uncheck()
    support.get_by_label("Leverandør av e-kontakt").select_option("")
    support.get_by_role("button", name="Lagre", exact=True).click()

    page = walk.at_desk(MANAGER)
    people = search(page, BACK[0])
    send_notice_to(page, people.first)

    for kind, why in {"SMS": "tilgang til fritekst-SMS", "EP-kontakt": "leverandør av e-kontakt"}.items():
        expect(page.get_by_role("radio", name=kind)).to_be_disabled()
        expect(page.get_by_text(re.compile(f"{kind}: .*{why}"))).to_be_visible()


def test_who_is_not_electronically_active_cannot_be_told_by_econtact(walk: Walk) -> None:
    """«Personer som ikke er elektronisk aktive kan ikke varsles. Mobilnummer og e-postadresse må også være registrert i
    personalia, avhengig av varslingsmetode.» (spec I3): the reason stands by the name, and there is nothing to tick.
    """
    page = walk.at_desk(MANAGER)
    search(page, NECK[0]).first.click()
    page.keyboard.press("Control+a")
    send_notice_to(page, row_of(page, "Ivar Papir"))
    choose_type(page, "EP-kontakt")
    available = list_of(page, "Alle tilgjengelige mottakere")

    for name, why in {"Ivar Papir": "Ikke elektronisk aktiv", "Jon Portalløs": "Mangler mobil og e-post"}.items():
        expect(row_of(page, name)).to_contain_text(why)
        expect(row_of(page, name).get_by_role("checkbox")).to_have_count(0)
    for name in ("Frida Portal", "Geir Helsenorge", "Hanne Portal"):
        expect(available.get_by_role("checkbox", name=name)).to_be_visible()


# --- «Journalsøk – personutvalg» --------------------------------------------------------------------------------------


def test_a_predefined_journal_search_fills_the_criteria_in(walk: Walk) -> None:
    """«Åpne Hent Pasient og velg fanen Journalsøk. Angi hvilke kriterier du ønsker for søket ditt, du kan også velge et
    Predefinert journalsøk» (spec G1-G3)
    """
    page = walk.at_desk(SECRETARY)
    page.goto("/pasienter/")
    page.get_by_role("link", name="Journalsøk").click()
    page.get_by_role("combobox", name="Predefinert journalsøk").select_option(label="Diabetes: siste HbA1c over 53")
    page.get_by_role("button", name="Hent").click()

    expect(page.locator("#count")).to_contain_text("HbA1c")
    expect(page.get_by_role("heading", name=re.compile("^[1-9][0-9]* treff"))).to_be_visible()


def test_sms_to_everyone_found(walk: Walk) -> None:
    """«Utfør søk … Marker alle ved å markere en person og trykk Ctrl + A. Høyreklikk på en av personene og velg Send
    pasientvarsel. … Velg Type (SMS eller EP-Kontakt) … og fyll inn teksten du vil sende. Velg Mottakere ved å flytte
    personer i gruppen fra høyre til venstre vindu. … man [kan] ikke sende SMS uten registrert mobilnummer på person.
    Etter å ha valgt Send vil du få en informasjonsboks som sier hvor mange personer som ble varslet.» (spec G4, I1-I4)
    """
    page = walk.at_desk(MANAGER)
    people = search(page, BACK[0])
    expect(people).to_have_count(len(BY_SMS))
    people.first.click()
    expect(page.get_by_text("1 markert", exact=True)).to_be_visible()
    page.keyboard.press("Control+a")
    expect(page.get_by_text(f"{len(BY_SMS)} markert", exact=True)).to_be_visible()
    send_notice_to(page, people.last)

    choose_type(page, "SMS")
    page.get_by_label("Tekst").fill(CLOSED)
    page.get_by_label("Formål").select_option(label="Drift og åpningstider")
    for name, why in {"Dina Nummerløs": NO_MOBILE, "Even Avvisende": "Samtykke"}.items():
        expect(row_of(page, name)).to_contain_text(why, ignore_case=True)
        expect(row_of(page, name).get_by_role("checkbox")).to_have_count(0)
    move_all(page, 3)
    ask(page, 3)
    expect(page.get_by_text("regningskort")).to_have_count(0)
    send(walk, page)

    expect(box(page)).to_contain_text("3 personer ble varslet")
    for name in ("Alle Medvirker", "Bente Medvirker", "Carl Medvirker"):
        assert walk.sms(name) == [CLOSED]
    assert walk.mails("Dina Nummerløs") == walk.sms("Even Avvisende") == []
    reload_until(page, lambda page: page.get_by_role("row").filter(has_text="Alle Medvirker").get_by_text("Levert"))
    page.goto(walk.card("Alle Medvirker"))
    expect(row(page, "SMS fra masseutsendelse").first).to_contain_text(CLOSED)
    page.goto(f"/pasienter/{walk.patient('Alle Medvirker')}/okonomi/")
    expect(page.get_by_text("Ingen regningskort til pasienten ennå")).to_be_visible()


def test_undone_within_thirty_seconds_nothing_is_sent(walk: Walk) -> None:
    """«Etter å ha valgt Send …» (spec I4): before anything is made it can be taken back, and the draft is as it was."""
    page, before = walk.at_desk(MANAGER), len(walk.sms("Alle Medvirker"))
    search(page, BACK[0])
    send_notice_to(page, row_of(page, "Alle Medvirker"))
    page.get_by_label("Tekst").fill("Angres")
    page.get_by_label("Formål").select_option(label="Annet")
    move_all(page, 1)
    ask(page, 1)
    page.get_by_role("button", name="Send nå").click()

    page.get_by_role("button", name="Angre", exact=True).click()

    expect(page.get_by_text("Utsendelsen er angret")).to_be_visible()
    expect(page.get_by_label("Tekst")).to_have_value("Angres")
    walk.clock.pass_time(seconds=UNDO)
    walk.sent()
    assert len(walk.sms("Alle Medvirker")) == before


# --- «Send varsel via SMS eller E-kontakt» ----------------------------------------------------------------------------


def test_econtact_to_those_marked_one_by_one_opens_dialogs_and_cards(walk: Walk) -> None:
    """«Marker en og en person ved å holde inn Ctrl og trykk på ønskede personer. … Emne (kun tilgjengelig for
    EP-kontakt) … du ikke kan sende E-kontakt til personer som ikke har ePortal eller mulighet for E-kontakt. Sjekk om
    pasientene er elektronisk aktive i vinduet Alle tilgjengelig mottakere, er det haket av for ePortal eller
    EP-Kontakt? … OBS! E-kontakt fra pasientvarsel oppretter automatisk regningskort med takst 1be.» (spec I2-I5)
    """
    page = walk.at_desk(MANAGER)
    search(page, NECK[0])
    wanted = ("Frida Portal", "Geir Helsenorge", "Ivar Papir")
    for name in wanted:
        row_of(page, name).locator("td").nth(4).click(modifiers=["Control"])
    expect(page.get_by_text("3 markert", exact=True)).to_be_visible()
    send_notice_to(page, row_of(page, "Frida Portal"))

    choose_type(page, "EP-kontakt")
    ticks = {"Frida Portal": ("Ja", "Nei"), "Geir Helsenorge": ("Nei", "Ja"), "Ivar Papir": ("Nei", "Nei")}
    for name, (portal, contact) in ticks.items():
        cells = row_of(page, name).locator("td")
        for number, said in ((2, portal), (3, contact)):
            words = cells.nth(number).get_by_role("img", name="Ja") if said == "Ja" else cells.nth(number)
            expect(words).to_be_visible() if said == "Ja" else expect(words).to_contain_text("Nei")
    page.get_by_label("Emne").fill("Svar på undersøkelse")
    page.get_by_label("Tekst").fill(SECRET)
    page.get_by_label("Formål").select_option(label="Helseinformasjon")
    expect(page.get_by_text("oppretter automatisk regningskort med takst 1be")).to_be_visible()
    move_all(page, 2)
    ask(page, 2)
    expect(page.get_by_text("Det opprettes 2 regningskort med takst 1be.")).to_be_visible()
    page.get_by_label("Jeg har kontrollert mottakerne").check()
    send(walk, page)

    expect(box(page)).to_contain_text("2 personer ble varslet")
    for name in ("Frida Portal", "Geir Helsenorge"):
        has_dialog_and_card(walk, page, name)
    assert walk.letters("Geir Helsenorge") == [SECRET]
    assert walk.sms("Geir Helsenorge") == []  # Helsenorge notifies its own (spec D13)
    [mail] = walk.mails("Frida Portal")
    assert SECRET not in mail
    assert walk.mails("Ivar Papir") == walk.sms("Ivar Papir") == walk.letters("Ivar Papir") == []
    page.goto(f"/pasienter/{walk.patient('Ivar Papir')}/okonomi/")
    expect(page.get_by_text("Ingen regningskort til pasienten ennå")).to_be_visible()


def has_dialog_and_card(walk: Walk, page: Page, name: str) -> None:
    """See the e-contact among the patient's dialogs, and one open card with 1be and nothing for the patient to pay."""
    page.goto(f"/pasienter/{walk.patient(name)}/dialoger/")
    page.get_by_role("link", name="Svar på undersøkelse").click()
    expect(page.get_by_text(SECRET)).to_be_visible()
    page.goto(f"/pasienter/{walk.patient(name)}/okonomi/")
    cards = page.get_by_role("main").get_by_role("row").filter(has=page.get_by_role("link"))
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("Vår Vandrer")  # the fastlege: the manager is no clinician
    expect(cards).to_contain_text("Ubetalt")
    cards.get_by_role("link").first.click()
    line = page.get_by_role("row").filter(has_text="1be")
    expect(line).to_have_count(1)
    expect(line.locator("td").last).to_have_text("0,00")


# --- «Risikogruppe - personutvalg» ------------------------------------------------------------------------------------


def test_from_the_risk_group_to_the_column(walk: Walk) -> None:
    """«Åpne modulen Risikogruppe. Utfør en Risikoanalyse. Bruk knappen Send varsel i personoversikten. Vær oppmerksom
    på at personer som er merket falsk positiv ikke kommer med. … Dersom du varsler fra risikogruppemodulen vil du også
    se i Pasientoversikten om det er sendt varsel i kolonnen Pasientkommunikasjon med teksten «Pasient mottok
    elektronisk varsel».» (spec H1-H4)
    """
    page = walk.at_desk(MANAGER)
    page.goto("/")
    page.get_by_role("link", name="Risikogrupper").click()
    programme = page.get_by_role("region", name="Influensavaksine")
    programme.get_by_role("button", name="Utfør risikoanalyse").click()
    programme.get_by_role("link", name="Pasientoversikt").click()
    page.get_by_label("Risikogruppe", exact=True).select_option(label="Kronisk leversvikt")
    expect(page.get_by_role("heading", name="4 personer")).to_be_visible()
    overview = page.url
    mark_false_positive(page, "Mona Feilmerket")
    expect(page.get_by_text("1 falsk positiv kommer ikke med")).to_be_visible()

    page.get_by_role("button", name="Send varsel til alle i filteret").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ny masseutsendelse")
    awake(page)
    expect(page.get_by_text("Mona Feilmerket")).to_have_count(0)
    page.get_by_label("Tekst").fill("Hei {fornavn}. Du kan få vaksine hos oss.")
    page.get_by_label("Formål").select_option(label="Vaksinasjon")
    move_all(page, 3)
    colleague = walk.at_desk(SECRETARY)
    colleague.goto(overview)
    mark_false_positive(colleague, "Nora Sentmerket")  # while the manager writes
    ask(page, 3)
    send(walk, page)

    expect(box(page)).to_contain_text("2 personer ble varslet")
    expect(box(page)).to_contain_text("1 person ble ikke varslet")
    assert walk.sms("Klara Risiko") == ["Hei Klara. Du kan få vaksine hos oss."]
    assert walk.sms("Lars Risiko") == ["Hei Lars. Du kan få vaksine hos oss."]
    assert walk.sms("Mona Feilmerket") == walk.sms("Nora Sentmerket") == []
    page.goto(overview)
    expect(page.get_by_role("columnheader", name="Pasientkommunikasjon")).to_be_visible()
    for name in ("Klara Risiko", "Lars Risiko"):
        expect(row_of(page, name)).to_contain_text("Pasient mottok elektronisk varsel")
    for name in ("Mona Feilmerket", "Nora Sentmerket"):
        expect(row_of(page, name)).not_to_contain_text("Pasient mottok elektronisk varsel")


def mark_false_positive(page: Page, name: str) -> None:
    """Mark the person in the patient overview, with a reason."""
    row_of(page, name).get_by_role("link", name="Merk falsk positiv").click()
    page.get_by_label("Grunn", exact=True).select_option(label="For mild til å gi økt risiko")
    page.get_by_role("button", name="Merk falsk positiv").click()
    expect(page.get_by_text("Merket som falsk positiv")).to_be_visible()
