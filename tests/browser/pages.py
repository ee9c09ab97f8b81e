"""Every page the product has, by name: who sees it, and how it is come to."""

from __future__ import annotations

from collections.abc import Callable

import requests
from playwright.sync_api import Page, expect

from tests.browser.bulk_pages import BULK_PLACES
from tests.browser.front_desk import MANAGER, PASSWORD, SECRETARY, SUPPORT, FrontDesk, type_to_search
from tests.browser.places import NOBODY, PATIENT, Place
from tests.browser.seed import INVITATION, WITHOUT_CLINIC, WITHOUT_CODE
from tests.browser.sharing_pages import SHARING_PLACES
from tests.faults.house import ANSWER

TOO_MANY = 1_001  # fields in one address; Django refuses more than a thousand
OLD_LINK, LIMIT = "/konto/password/reset/key/1-abc-def/", 20  # as often a minute may it be tried from one address


def search(page: Page, desk: FrontDesk) -> None:
    """Search on the page; the hits come back in it."""
    page.get_by_role("textbox", name="Navn, fødselsdato").fill("n")
    page.get_by_role("main").get_by_role("button", name="Søk").click()
    expect(page.get_by_role("heading", name="treff")).to_be_visible()


def quick_search(page: Page, desk: FrontDesk) -> None:
    """Let the top bar's hits drop down."""
    page.keyboard.press("Control+k")
    type_to_search(page, "an")
    expect(page.locator("#quick-results a").first).to_be_visible()


def new_dialog(page: Page, desk: FrontDesk) -> None:
    """Open «Ny time» in its dialog and look a patient up."""
    page.get_by_role("main").get_by_role("link", name="Ny time").click()
    page.get_by_role("textbox", name="Pasient", exact=True).fill("an")
    expect(page.locator("#patient-hits button").first).to_be_visible()


def refused_new(page: Page, desk: FrontDesk) -> None:
    """Send «Ny time» in with nothing filled in."""
    page.get_by_role("button", name="Sett opp time").click()
    expect(page.get_by_role("group", name="Rett")).to_be_visible()


def contact_form(page: Page, desk: FrontDesk) -> None:
    """Open the contact values for editing, and have them refused."""
    page.get_by_role("link", name="Endre mobilnummer").click()
    page.get_by_role("textbox", name="Mobil").fill("12")
    page.get_by_role("button", name="Lagre").click()
    expect(page.get_by_role("group", name="Rett")).to_be_visible()


def save_nothing(page: Page, desk: FrontDesk) -> None:
    """Send a form in empty."""
    page.get_by_role("textbox", name="Navn").fill("")
    page.get_by_role("button", name="Lagre").click()
    expect(page.get_by_role("group", name="Rett")).to_be_visible()


def shortcuts(page: Page, desk: FrontDesk) -> None:
    """Open the list of shortcuts."""
    page.get_by_role("button", name="Tastatursnarveier").click()


def try_connection(page: Page, desk: FrontDesk) -> None:
    """Try the way in and the way out; both are told."""
    page.get_by_role("button", name="Prøv forbindelsen").click()
    expect(page.get_by_role("alert").first).to_be_visible()


def make_key(page: Page, desk: FrontDesk) -> None:
    """Make a key pair, or a new secret for it."""
    page.get_by_role("main").get_by_role("button", name="Lag n").click()
    expect(page.get_by_role("textbox", name="Hemmelighet")).to_be_visible()


def user_menu(page: Page, desk: FrontDesk) -> None:
    """Open the user's menu."""
    page.get_by_label("Meny for").click()


def refused_line(page: Page, desk: FrontDesk) -> None:
    """Add a line with nothing in it, and look for a takst."""
    page.get_by_role("spinbutton", name="Antall").fill("0")
    page.get_by_role("button", name="Legg til takst").click()
    expect(page.get_by_role("group", name="Rett")).to_be_visible()


def conflict(page: Page, desk: FrontDesk) -> None:
    """Save on top of a version that is gone."""
    page.evaluate("document.querySelector('main [name=version]').value = 0")
    page.get_by_role("button", name="Lagre endringen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Timen er endret av en annen")


def refused_cancellation(page: Page, desk: FrontDesk) -> None:
    """Cancel a version that is gone."""
    page.evaluate("document.querySelector('main [name=version]').value = 0")
    page.get_by_role("button", name="Avlys timen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ikke utført")


def refused_upload(page: Page, desk: FrontDesk) -> None:
    """Upload nothing."""
    page.get_by_role("button", name="Last opp og kontroller").click()
    expect(page.get_by_role("group", name="Rett")).to_be_visible()


def alarm(page: Page, desk: FrontDesk) -> None:
    """Let a channel rest because its set-up is wrong."""
    desk.house.sql(
        "INSERT INTO notifications_channelpause (channel, reason, since, until)"
        " VALUES ('push', 'provider_setup', now(), now() + interval '1 hour')"
    )
    page.reload()
    expect(page.get_by_text("Push er på pause")).to_be_visible()


def password_given(email: str) -> Callable[[Page, FrontDesk], None]:
    """Give a password; what comes next depends on who it is."""

    def give(page: Page, desk: FrontDesk) -> None:
        page.get_by_label("E-post").fill(email)
        page.get_by_label("Passord").fill(PASSWORD)
        page.get_by_role("button", name="Gå videre").click()
        expect(page.get_by_label("Kode")).to_be_visible()

    return give


def wrong_password(page: Page, desk: FrontDesk) -> None:
    """Give a password that is wrong."""
    page.get_by_label("E-post").fill("ukjent@example.com")
    page.get_by_label("Passord").fill("feil-passord-2026")
    page.get_by_role("button", name="Gå videre").click()
    expect(page.get_by_role("alert")).to_be_visible()


def wrong_code(page: Page, desk: FrontDesk) -> None:
    """Give a code that is wrong."""
    password_given(MANAGER)(page, desk)
    page.get_by_label("Kode").fill("abcdef")
    page.get_by_role("button", name="Logg inn").click()
    expect(page.get_by_label("Kode")).to_have_attribute("aria-invalid", "true")


def without_clinic(page: Page, desk: FrontDesk) -> None:
    """Log in as someone whom no clinic has given access."""
    password_given(WITHOUT_CLINIC)(page, desk)
    page.get_by_label("Kode").fill(desk.code(WITHOUT_CLINIC))
    page.get_by_role("button", name="Logg inn").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Du er ikke knyttet til en klinikk")


def old_form(page: Page, desk: FrontDesk) -> None:
    """Send a form in whose protection is gone."""
    page.context.clear_cookies()
    page.get_by_role("button", name="Gå videre").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Skjemaet er for gammelt")


def too_often(page: Page, desk: FrontDesk) -> None:
    """Try old links from e-mails until it is too often."""
    token = page.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value") or ""
    for _ in range(LIMIT):
        page.context.request.post(OLD_LINK, form={"csrfmiddlewaretoken": token})
    page.evaluate(f"document.forms[0].action = '{OLD_LINK}'")
    page.get_by_role("button", name="Gå videre").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("For mange forsøk")


def broken(page: Page, desk: FrontDesk) -> None:
    """Ask for a page whose table is away."""
    desk.house.sql("ALTER TABLE clinics_place RENAME TO clinics_place_away")
    try:
        desk.goto(page, "/steder/")
    finally:
        desk.house.sql("ALTER TABLE clinics_place_away RENAME TO clinics_place")
    expect(page.get_by_role("heading", level=1)).to_have_text("Noe gikk galt hos oss")


def messages_on_phone(page: Page, desk: FrontDesk) -> None:
    """Let an SMS and a mail come to one person, and look at their phone."""
    base, env = desk.house.sandbox_url, desk.house.env
    person = {"name": "Kari Nordmann", "mobile": "+4742199999", "email": "kari@example.com"}
    requests.put(f"{base}/people", json=[person], timeout=ANSWER)
    account, token = env["TWILIO_ACCOUNT_SID"], env["TWILIO_AUTH_TOKEN"]
    sms = {"To": person["mobile"], "From": "Fjordbyen", "Body": f"Du har fått time. {desk.house.web_url}/v/abc/"}
    sms_url = f"{base}/2010-04-01/Accounts/{account}/Messages.json"
    requests.post(sms_url, sms, auth=(account, token), timeout=ANSWER).raise_for_status()
    mail = {"to": person["email"], "from": "varsel@example.com", "subject": "Time", "text": "Hei", "html": "<p>Hei</p>"}
    key = ("api", env["MAILGUN_API_KEY"])
    requests.post(f"{base}/v3/example.com/messages", mail, auth=key, timeout=ANSWER).raise_for_status()
    desk.goto(page, "{sandbox}/phone?to=Kari Nordmann")
    page.get_by_text("Vis som HTML").click()


def search_post(page: Page, desk: FrontDesk) -> None:
    """Search for a patient's dialogs."""
    page.get_by_role("searchbox", name="Dialoger med pasient").fill("aslaug")
    page.get_by_role("search", name="Søk i posten").get_by_role("button", name="Søk").click()
    expect(page.get_by_text("dialoger med pasienter som passer søket")).to_be_visible()


def empty_answer(page: Page, desk: FrontDesk) -> None:
    """Send an answer with nothing in it."""
    page.get_by_role("button", name="Send svar").click()
    expect(page.get_by_role("group", name="Rett")).to_be_visible()


def late_answer(page: Page, desk: FrontDesk) -> None:
    """Answer a thread that has gone on meanwhile."""
    page.get_by_role("textbox", name="Melding").fill("Hei")
    page.evaluate("document.querySelector('#composer [name=seen]').value = 0")
    page.get_by_role("button", name="Send svar").click()
    expect(page.get_by_text("Noen har skrevet i dialogen mens du skrev")).to_be_visible()


def refused_file(page: Page, desk: FrontDesk) -> None:
    """Attach what is not taken."""
    file = {"name": "arkiv.zip", "mimeType": "application/zip", "buffer": b"PK\x03\x04"}
    page.get_by_label("Vedlegg").set_input_files([file])  # type: ignore[list-item]
    page.get_by_role("button", name="Legg ved").click()
    expect(page.get_by_role("group", name="Rett")).to_be_visible()


def empty_dialog(page: Page, desk: FrontDesk) -> None:
    """Send a new dialog with nothing in it."""
    page.get_by_role("button", name="Send dialog").click()
    expect(page.get_by_role("group", name="Rett")).to_be_visible()


def refused_mark(page: Page, desk: FrontDesk) -> None:
    """Mark a false positive without saying why."""
    page.get_by_role("button", name="Merk falsk positiv").click()
    expect(page.get_by_role("group", name="Rett")).to_be_visible()


def unfold(page: Page, desk: FrontDesk) -> None:
    """Unfold the rules of the first event."""
    page.get_by_text("Regel for regel").first.click()


def refused_form(button: str) -> Callable[[Page, FrontDesk], None]:
    """Send a form in with nothing filled in."""

    def send(page: Page, desk: FrontDesk) -> None:
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("group", name="Rett")).to_be_visible()

    return send


def refused_joining(page: Page, desk: FrontDesk) -> None:
    """Ask to become a user with a password that is too short."""
    page.get_by_label("Fornavn").fill("Nils")
    page.get_by_label("Passord (minst 12 tegn)").fill("kort")
    page.get_by_role("button", name="Lag bruker").click()
    expect(page.get_by_text("Passordet er for kort")).to_be_visible()


def half_a_day(page: Page, desk: FrontDesk) -> None:
    """Say when the clinic opens and not when it closes."""
    page.get_by_label("Mandag åpner").fill("8")
    page.get_by_label("Mandag stenger").fill("")
    page.get_by_role("button", name="Lagre").click()
    expect(page.get_by_role("group", name="Rett")).to_be_visible()


def search_log(page: Page, desk: FrontDesk) -> None:
    """Search for the patient whose lines are wanted."""
    page.get_by_role("searchbox", name="Linjer om én pasient").fill("aslaug")
    page.get_by_role("main").get_by_role("button", name="Søk").click()
    expect(page.get_by_role("link", name="Aslaug Fjære").first).to_be_visible()


def search_journal(page: Page, desk: FrontDesk) -> None:
    """Search for everyone, and mark one."""
    page.get_by_label("Diagnose (ICPC-2)").fill("T90")
    page.locator("#criteria").get_by_role("button", name="Søk", exact=True).click()
    expect(page.get_by_text("Pasienter som har diagnosen T90")).to_be_visible()
    page.locator("tr[data-id]").first.locator("td").nth(2).click()


def search_for_nobody(page: Page, desk: FrontDesk) -> None:
    """Search for what nobody has."""
    page.get_by_label("Alder fra").fill("149")
    page.locator("#criteria").get_by_role("button", name="Søk", exact=True).click()
    expect(page.get_by_text("Ingen pasienter passer søket")).to_be_visible()


def build_criteria(page: Page, desk: FrontDesk) -> None:
    """Add a group, and a criterion with every sort of field."""
    page.get_by_text("Flere kriterier").click()
    page.get_by_role("button", name="Legg til gruppe").click()
    page.locator("#k-0-new").select_option("observation")
    page.locator("#k-0").get_by_role("button", name="Legg til kriterium").click()
    expect(page.get_by_label("Bare siste verdi")).to_be_visible()


def refused_criteria(page: Page, desk: FrontDesk) -> None:
    """Search for a criterion that lacks its code."""
    build_criteria(page, desk)
    page.locator("#criteria").get_by_role("button", name="Søk", exact=True).click()
    expect(page.get_by_role("group", name="Rett")).to_be_visible()


def save_search(page: Page, desk: FrontDesk) -> None:
    """Save a search, unless it is there from the visit before, and see it in the list."""
    if not page.get_by_text("Diabetikerne").count():
        page.goto("/pasienter/journalsok/")
        search_journal(page, desk)
        page.get_by_label("Lagre søket som").fill("Diabetikerne")
        page.get_by_role("button", name="Lagre", exact=True).click()
        page.get_by_role("link", name="Lagrede søk").click()
    expect(page.get_by_role("link", name="Diabetikerne")).to_be_visible()


PLACES = {
    **BULK_PLACES,
    **SHARING_PLACES,
    "overview": Place("/", SECRETARY),
    "overview for the manager": Place("/"),
    "shortcuts": Place("/", then=shortcuts),
    "user menu": Place("/", then=user_menu),
    "quick search": Place("/", then=quick_search),
    "alarm": Place("/", then=alarm),
    "search": Place("/pasienter/"),
    "search hits": Place("/pasienter/", then=search),
    "journal search": Place("/pasienter/journalsok/"),
    "journal search, hits": Place("/pasienter/journalsok/", then=search_journal),
    "journal search, hits for those who may not send": Place("/pasienter/journalsok/", SECRETARY, search_journal),
    "journal search, nobody found": Place("/pasienter/journalsok/", then=search_for_nobody),
    "journal search, builder": Place("/pasienter/journalsok/", then=build_criteria),
    "journal search refused": Place("/pasienter/journalsok/", then=refused_criteria),
    "saved searches": Place("/pasienter/journalsok/lagrede/", then=save_search),
    "new patient": Place("/pasienter/ny/"),
    "card": Place("/pasienter/{patient}/"),
    "card's appointments": Place("/pasienter/{patient}/timer/"),
    "card's notices": Place("/pasienter/{patient}/varslinger/"),
    "card's notices unfolded": Place("/pasienter/{patient}/varslinger/?vis={failed}"),
    "card's notices narrowed to none": Place("/pasienter/{patient}/varslinger/?modul=economy"),
    "card's personal details": Place("/pasienter/{patient}/personalia/"),
    "card's proxies": Place("/pasienter/{patient}/fullmakter/", then=refused_form("Registrer")),
    "contact values": Place("/pasienter/{patient}/kontakt/"),
    "contact values refused": Place("/pasienter/{patient}/varslinger/", then=contact_form),
    "card without contact": Place("/pasienter/{unreachable}/varslinger/"),
    "withdrawing consent": Place("/pasienter/{patient}/samtykke/trekk/"),
    "sending again": Place("/varsler/{failed}/send-pa-nytt/"),
    "notice log": Place("/varsler/"),
    "failed notices": Place("/varsler/?status=failed"),
    "planned notices": Place("/varsler/?status=planned&rekkefolge=eldste"),
    "notices of no readable day": Place("/varsler/?fra=i+fjor"),
    "why": Place("/varsler/{failed}/hvorfor/"),
    "why an appointment": Place("/pasienter/{patient}/hvorfor/appointment/{appointment}/"),
    "nothing to explain": Place("/pasienter/{patient}/hvorfor/card/0/"),
    "what now": Place("/pasienter/{patient}/varsling-na/", then=unfold),
    "what now without contact": Place("/pasienter/{unreachable}/varsling-na/"),
    "integrations": Place("/integrasjoner/"),
    "an integration": Place("/integrasjoner/digicare/", then=try_connection),
    "an integration's secret": Place("/integrasjoner/digicare/", then=make_key),
    "week": Place("/timebok/"),
    "next week": Place("/timebok/?dag={next_week}"),
    "day": Place("/timebok/dag/?dag={next_week}"),
    "new appointment in a dialog": Place("/timebok/", then=new_dialog),
    "new appointment": Place("/timebok/ny/"),
    "new appointment refused": Place("/timebok/ny/", then=refused_new),
    "new appointment without contact": Place("/timebok/ny/?pasient={unreachable}"),
    "appointment": Place("/timebok/time/{appointment}/"),
    "cancelled appointment": Place("/timebok/time/{cancelled}/"),
    "changing an appointment": Place("/timebok/time/{appointment}/endre/"),
    "conflict": Place("/timebok/time/{appointment}/endre/", then=conflict),
    "cancelling": Place("/timebok/time/{appointment}/avlys/"),
    "cancelling refused": Place("/timebok/time/{appointment}/avlys/", then=refused_cancellation),
    "billing of a day": Place("/okonomi/"),
    "billing narrowed to none": Place("/okonomi/?dag=2020-01-01&status=paid"),
    "new billing card": Place("/okonomi/kort/nytt/"),
    "new billing card for a patient": Place("/okonomi/kort/nytt/?pasient={patient}"),
    "billing card, draft": Place("/okonomi/kort/{draft_card}/"),
    "billing card, draft refused": Place("/okonomi/kort/{draft_card}/", then=refused_line),
    "billing card, changed": Place("/okonomi/kort/{draft_card}/endre/"),
    "billing card, unpaid": Place("/okonomi/kort/{unpaid_card}/"),
    "billing card, void": Place("/okonomi/kort/{void_card}/"),
    "billing card, paid": Place("/okonomi/kort/{paid_card}/"),
    "billing card, credit": Place("/okonomi/kort/{credit_card}/"),
    "voiding a billing card": Place("/okonomi/kort/{unpaid_card}/annuller/"),
    "crediting a billing card": Place("/okonomi/kort/{paid_card}/krediter/"),
    "receipt": Place("/okonomi/kvittering/{receipt}/"),
    "credit note": Place("/okonomi/kvittering/{credit_receipt}/"),
    "card's billing": Place("/pasienter/{patient}/okonomi/"),
    "receipts' issuer": Place("/okonomi/kvitteringer/"),
    "types": Place("/timetyper/"),
    "new type": Place("/timetyper/ny/"),
    "booking in the portal": Place("/timetyper/portalen/"),
    "a type": Place("/timetyper/{type}/", then=save_nothing),
    "switching a type": Place("/timetyper/{type}/varsling/"),
    "practitioners": Place("/behandlere/"),
    "new practitioner": Place("/behandlere/ny/"),
    "a practitioner": Place("/behandlere/{practitioner}/", then=save_nothing),
    "places": Place("/steder/"),
    "new place": Place("/steder/nytt/"),
    "a place": Place("/steder/{place}/", then=save_nothing),
    "colleagues": Place("/ansatte/"),
    "inviting": Place("/ansatte/inviter/"),
    "inviting refused": Place("/ansatte/inviter/", then=refused_form("Send invitasjon")),
    "a colleague's access": Place("/ansatte/{colleague}/"),
    "ending a colleague's access": Place("/ansatte/{colleague}/avslutt/"),
    "resetting a second factor": Place("/ansatte/{colleague}/nullstill-tofaktor/"),
    "opening hours": Place("/apningstider/"),
    "opening hours refused": Place("/apningstider/", then=half_a_day),
    "closing a day": Place("/apningstider/stengt/"),
    "week with a closed day": Place("/timebok/?dag=2030-05-17"),
    "log of reading": Place("/logg/"),
    "log searched": Place("/logg/", then=search_log),
    "log narrowed to none": Place("/logg/?fra=2020-01-01&til=2020-01-02&handling=import"),
    "log of no readable day": Place("/logg/?fra=i+fjor"),
    "card's journal": Place("/pasienter/{patient}/journal/"),
    "card's measurements": Place("/pasienter/{patient}/journal/?type=observation"),
    "card's journal, empty": Place("/pasienter/{unreachable}/journal/"),
    "card's readers": Place("/pasienter/{patient}/innsyn/"),
    "card's dialogs": Place("/pasienter/{patient}/dialoger/"),
    "inbox": Place("/post/?vis=alle"),
    "inbox narrowed to none": Place("/post/?vis=besvarte&type=e_contact"),
    "inbox search": Place("/post/", then=search_post),
    "dialog": Place("/post/{dialog}/"),
    "dialog, nothing answered": Place("/post/{dialog}/", then=empty_answer),
    "dialog that went on": Place("/post/{dialog}/", then=late_answer),
    "dialog, file refused": Place("/post/{dialog}/", then=refused_file),
    "dialog without contact": Place("/post/{blocked}/"),
    "closed dialog": Place("/post/{closed}/"),
    "new dialog": Place("/post/ny/"),
    "new dialog refused": Place("/post/ny/", then=empty_dialog),
    "new dialog without contact": Place("/post/ny/?pasient={unreachable}"),
    "templates": Place("/post/maler/"),
    "new template": Place("/post/maler/ny-felles/"),
    "a template": Place("/post/maler/{template}/", then=save_nothing),
    "deleting a template": Place("/post/maler/{template}/slett/"),
    "kinds of dialogs": Place("/post/dialogtyper/"),
    "risk programmes": Place("/risikogrupper/"),
    "risk overview": Place("/risikogrupper/analyse/{analysis}/"),
    "risk overview for who may not send": Place("/risikogrupper/analyse/{analysis}/", SECRETARY),
    "risk overview narrowed to none": Place("/risikogrupper/analyse/{analysis}/?gruppe=kidney&vekt=2"),
    "older risk overview": Place("/risikogrupper/analyse/{older_analysis}/"),
    "gone since last analysis": Place("/risikogrupper/analyse/{analysis}/borte/"),
    "marking a false positive refused": Place("/risikogrupper/person/{risk_person}/falsk-positiv/", then=refused_mark),
    "imports": Place("/import/"),
    "new import": Place("/import/ny/"),
    "new import refused": Place("/import/ny/", then=refused_upload),
    "an import": Place("/import/{import}/"),
    "security": Place("/konto/2fa/"),
    "new password of one's own": Place("/konto/password/change/"),
    "another app": Place("/konto/2fa/totp/deactivate/"),
    "recovery codes": Place("/konto/2fa/recovery-codes/"),
    "new recovery codes": Place("/konto/2fa/recovery-codes/generate/"),
    "log-out": Place("/konto/logout/"),
    "log-in": Place("/", NOBODY),
    "invitation": Place(f"/invitasjon/{INVITATION}/", NOBODY),
    "invitation refused": Place(f"/invitasjon/{INVITATION}/", NOBODY, refused_joining),
    "invitation of another": Place(f"/invitasjon/{INVITATION}/", SECRETARY),
    "invitation that is over": Place(f"/invitasjon/{INVITATION}2/", NOBODY),
    "log-in refused": Place("/", NOBODY, wrong_password),
    "code": Place("/", NOBODY, password_given(MANAGER)),
    "code refused": Place("/", NOBODY, wrong_code),
    "first log-in": Place("/", NOBODY, password_given(WITHOUT_CODE)),
    "no clinic": Place("/", NOBODY, without_clinic),
    "forgotten password": Place("/konto/password/reset/", NOBODY),
    "link on its way": Place("/konto/password/reset/done/", NOBODY),
    "link too old": Place(OLD_LINK, NOBODY),
    "new password saved": Place("/konto/password/reset/key/done/", NOBODY),
    "refused": Place("/timetyper/", SECRETARY),
    "not found": Place("/finnes/ikke/"),
    "not found, nobody logged in": Place("/finnes/ikke/", NOBODY),
    "unreadable": Place(f"/varsler/?{'a&' * TOO_MANY}"),
    "old form": Place("/", NOBODY, old_form),
    "too often": Place("/", NOBODY, too_often),
    "broken": Place("/", then=broken),
    "support": Place("/admin/", SUPPORT, has_dark=False),
    "support's clinics": Place("/admin/clinics/clinic/", SUPPORT, has_dark=False),
    "support's clinic": Place("/admin/clinics/clinic/1/change/", SUPPORT, has_dark=False),
    "support's memberships": Place("/admin/clinics/membership/", SUPPORT, has_dark=False),
    "support's users": Place("/admin/clinics/user/", SUPPORT, has_dark=False),
    "support's new user": Place("/admin/clinics/user/add/", SUPPORT, has_dark=False),
    "support's pauses": Place("/admin/notifications/channelpause/", SUPPORT, has_dark=False),
    "landing": Place("/v/0123456789abcdefghijkl/", PATIENT, has_dark=False),
    "phones": Place("{sandbox}/", PATIENT, has_dark=False),
    "phone": Place("{sandbox}/", PATIENT, messages_on_phone, has_dark=False),
    "phone that has nothing": Place("{sandbox}/phone?to=ingen", PATIENT, has_dark=False),
    "failures to choose": Place("{sandbox}/behaviour", PATIENT, has_dark=False),
}
