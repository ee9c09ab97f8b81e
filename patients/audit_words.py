"""What the audit log's lines say of where and what, in words a manager knows. Lines hold ids and field names alone."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

VIEWS = {  # a line about reading names the page; the longest that fits counts
    "overview:": _("Oversikt"),
    "timebook:": _("Timer"),
    "notifications:": _("Varslinger"),
    "post:": _("Dialoger"),
    "economy:": _("Økonomi"),
    "bulk_send:": _("Masseutsendelse"),
    "selection:": _("Journalsøk"),
    "risk:": _("Risikogrupper"),
    "patients:": _("Pasientkort"),
    "patients:personal": _("Personalia"),
    "patients:contact": _("Kontaktopplysninger"),
    "patients:readers": _("Innsyn"),
    "patients:journal": _("Journal"),
    "patients:proxies": _("Fullmakter"),
    "audit:": _("Logg"),
    "clinics:": _("Klinikkens oppsett"),
    "integrations:": _("Integrasjoner"),
    "account_": _("Innlogging"),
    "mfa_": _("Tofaktor"),
    "admin:": _("Support"),
    "neighbours:": _("Integrasjoner"),
    "fhir_clients:": _("Systemer som leser over FHIR"),
    "fhir: Patient": _("Hentet personalia over FHIR"),
    "fhir: Appointment": _("Hentet timer over FHIR"),
    "fhir: Communication": _("Hentet varsler over FHIR"),
}
PHRASES = {  # what it begins with; ids and field names follow
    "appointment": _("Avtale"),
    "set_up": _("Avtale satt opp"),
    "cancelled": _("Avtale avlyst"),
    "called_off": _("Avtale avbestilt"),
    "restored": _("Avlysning angret"),
    "changed": _("Endret"),
    "created": _("Opprettet"),
    "details": _("Detaljer endret"),
    "line added": _("Linje lagt til"),
    "own line added": _("Egen linje lagt til"),
    "line changed": _("Linje endret"),
    "line removed": _("Linje fjernet"),
    "line restored": _("Linje satt inn igjen"),
    "opened": _("Klar til betaling"),
    "reopened": _("Åpnet igjen"),
    "paid": _("Betalt"),
    "voided": _("Annullert"),
    "credited": _("Kreditert"),
    "credited by another card": _("Kreditert av annet kort"),
    "read receipt": _("Leste kvittering"),
    "read": _("Lest"),
    "started": _("Dialog startet"),
    "answered": _("Dialog besvart"),
    "closed": _("Dialog avsluttet"),
    "taken by": _("Dialog tatt av bruker"),
    "taken by nobody": _("Dialog sluppet"),
    "marked read": _("Dialog merket lest"),
    "marked unread": _("Dialog merket ulest"),
    "patient started": _("Pasienten startet dialog"),
    "patient answered": _("Pasienten svarte"),
    "patient read": _("Pasienten leste"),
    "answer came back": _("Svaret kom i retur"),
    "preferred_method": _("Varslingsmetode"),
    "given": _("Samtykke gitt"),
    "withdrawn": _("Samtykke trukket"),
    "membership": _("Ansatt"),
    "invitation": _("Invitasjon"),
    "practitioner": _("Behandler"),
    "place": _("Sted"),
    "type": _("Timetype"),
    "appointmenttype": _("Timetype"),
    "messagetemplate": _("Mal"),
    "bookingterms": _("Bestilling i portalen"),
    "clinic": _("Klinikk"),
    "user": _("Bruker"),
    "journal": _("Journal"),
    "proxy recorded": _("Fullmakt registrert"),
    "proxy withdrawn": _("Fullmakt trukket"),
    "proxy notices begun": _("Varsler går til fullmektig"),
    "proxy notices ended": _("Varsler går til pasienten igjen"),
    "opening hours": _("Åpningstider"),
    "selection": _("Utvalg frosset"),
    "confirmed": _("Masseutsendelse sendt"),
    "undone": _("Masseutsendelse angret"),
    "stopped": _("Masseutsendelse stoppet"),
    "discarded": _("Kladd til masseutsendelse slettet"),
    "sent": _("Mottaker i masseutsendelse"),
    "bulk": _("Rapport fra masseutsendelse"),
    "calendar feed made": _("Kalenderadresse laget"),
    "calendar feed withdrawn": _("Kalenderadresse trukket"),
    "calendar feed": _("Delt i egen kalender"),
    "fhir client": _("FHIR-klient"),
    "app invitation": _("Convene: sendt til appen, regningskort"),
    "key": _("Nøkkelpar"),
    "asked who is active": _("Spurte hvem som er aktive i portalen"),
    "push on": _("Push slått på i en nettleser"),
    "push off": _("Push slått av i en nettleser"),
    "attachment": _("Vedlegg"),
    "dialog kind": _("Dialogtype"),
    "day": _("Dagsliste"),
    "issuer": _("Opplysninger på kvitteringer"),
    "count": _("Telte treff:"),
    "version": _("Journalsøk, versjon"),
    "saved": _("Lagret journalsøk"),
    "analysis": _("Risikoanalyse"),
    "gone since analysis": _("Ikke lenger funnet, siden risikoanalyse"),
    "false positive": _("Falsk positiv:"),
    "mark": _("Merking som falsk positiv"),
    "language": _("Språk"),
    "econtact takst": _("Takst for e-kontakt"),
    "closedday": _("Stengt dag"),
}
SYSTEMS = {"helsenorge": "Helsenorge", "digicare": "DigiCare", "besoklegen": "Besøklegen", "convene": "Convene"}
PROXY = re.compile(r" by proxy ([0-9]+)$")  # Proxy.mark
WORDS: dict[str, Any] = SYSTEMS | {  # what may follow: what was done with it, and names of fields
    "on": _("slått på"),
    "off": _("slått av"),
    "made": _("laget"),
    "rotated": _("byttet hemmelighet"),
    "revoked": _("trukket tilbake"),
    "withdrawn": _("trukket tilbake"),
    "removed": _("fjernet"),
    "deleted": _("slettet"),
    "restored": _("satt tilbake"),
    "changed": _("endret"),
    "set": _("satt"),
    "upheld": _("opprettholdt"),
    "invited": _("invitert"),
    "sent again": _("sendt på nytt"),
    "accepted": _("tatt imot"),
    "as it was": _("som før"),
    "in use": _("i bruk"),
    "out of use": _("ute av bruk"),
    "second factor reset": _("tofaktor nullstilt"),
    "membership": _("ansatt"),
    "notices": _("varsling"),
    "cards": _("regningskort"),
    "patients": _("pasienter"),
    "hits": _("treff"),
    "over": _("over"),
    "rows": _("rader"),
    "version": _("versjon"),
    "staff": _("av klinikken"),
    "portal": _("i portalen"),
    "file": _("fra importfil"),
    "batch": _("for hele importen"),
    "journal": _("journalsøk"),
    "risk": _("risikogruppe"),
    "resend": _("ny utsendelse"),
    "sms": _("SMS"),
    "econtact": _("e-kontakt"),
    "recall": _("innkalling til kontroll"),
    "vaccination": _("vaksinasjon"),
    "operation": _("drift og åpningstider"),
    "information": _("helseinformasjon"),
    "other": _("annet"),
    "influenza": _("influensavaksine"),
    "covid19": _("koronavaksine"),
    "pneumococcus": _("pneumokokkvaksine"),
    "busy": _("«opptatt»"),
    "initials": _("initialer"),
    "email": _("e-post"),
    "mobile": _("mobil"),
    "is_landline": _("fasttelefon"),
    "given_name": _("fornavn"),
    "family_name": _("etternavn"),
    "sex": _("kjønn"),
    "language": _("språk"),
    "general_practitioner": _("fastlege"),
    "practitioner": _("behandler"),
    "place": _("sted"),
    "type": _("timetype"),
    "starts_at": _("start"),
    "ends_at": _("slutt"),
    "remark": _("merknad"),
    "name": _("navn"),
    "title": _("tittel"),
    "address": _("adresse"),
    "organisation_number": _("organisasjonsnummer"),
    "is_active": _("i bruk"),
    "minutes": _("varighet"),
    "colour": _("farge"),
    "self_booking": _("bestilling i portalen"),
    "notice_hours": _("tidligste bestilling"),
    "horizon_days": _("hvor langt fram"),
    "call_hours": _("siste frist for å flytte eller avbestille"),
    "subject": _("emne"),
    "text": _("tekst"),
    "role": _("rolle"),
    "may_bulk_send": _("masseutsendelse"),
    "may_export": _("eksport"),
    "day": _("dag"),
    "reason": _("årsak"),
    "opens": _("åpner dag"),
    "closes": _("stenger dag"),
}
NAMES = sorted(VIEWS, key=len, reverse=True)
STARTS = re.compile(rf"(?:{'|'.join(map(re.escape, sorted(PHRASES, key=len, reverse=True)))})(?![a-z_])")
REFUSED = re.compile(r"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE) (?=[a-z_])")


def know(choices: type[TextChoices]) -> None:
    """Take in the words of an app above this one, when it is ready."""
    WORDS.update((one.value, one.label) for one in choices)
    rest.cache_clear()


@cache
def rest() -> Any:
    """Return the pattern that finds the words there are other words for."""
    return re.compile(rf"(?<![a-z_])(?:{'|'.join(map(re.escape, sorted(WORDS, key=len, reverse=True)))})(?![a-z])")


def where(what: str) -> str:
    """Say in words where something was done; what no manager has a word for stands as it is."""
    what = PROXY.sub("", what)
    page = REFUSED.sub("", what)
    if view := next((name for name in NAMES if page.startswith(name)), ""):
        return str(VIEWS[view])
    start = STARTS.match(what)
    after = what[start.end() :] if start else what
    said = rest().sub(lambda word: str(WORDS[word[0]]), after)
    return f"{PHRASES[start[0]]}{said}" if start else f"{said[:1].upper()}{said[1:]}"


def proxy_in(what: str) -> int:
    """Return the id of the relation by which somebody acted for the patient, 0 when nobody did."""
    found = PROXY.search(what)
    return int(found[1]) if found else 0
