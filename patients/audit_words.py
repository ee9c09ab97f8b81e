"""What the audit log's lines say of where and what, in words a manager knows. Lines hold ids and field names alone."""

from __future__ import annotations

import re

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
    "email": _("E-post"),
    "mobile": _("Mobil"),
    "given": _("Samtykke gitt"),
    "withdrawn": _("Samtykke trukket"),
    "membership": _("Ansatt"),
    "invitation": _("Invitasjon"),
    "practitioner": _("Behandler"),
    "place": _("Sted"),
    "type": _("Timetype"),
    "appointmenttype": _("Timetype"),
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
    "econtact takst": _("Takst for e-kontakt"),
    "closedday": _("Stengt dag"),
}
SYSTEMS = {"helsenorge": "Helsenorge", "digicare": "DigiCare", "besoklegen": "Besøklegen", "convene": "Convene"}
PROXY = re.compile(r" by proxy ([0-9]+)$")  # Proxy.mark
STARTS = sorted(PHRASES, key=len, reverse=True)
NAMES = sorted(VIEWS, key=len, reverse=True)


def where(what: str) -> str:
    """Say in words where something was done; what no manager has a word for stands as it is."""
    what = PROXY.sub("", what)
    if view := next((name for name in NAMES if what.startswith(name)), ""):
        return str(VIEWS[view])
    phrase = next((start for start in STARTS if f"{what} ".startswith((f"{start} ", f"{start}:", f"{start},"))), "")
    return f"{PHRASES[phrase]}{what.removeprefix(phrase)}" if phrase else what


def proxy_in(what: str) -> int:
    """Return the id of the relation by which somebody acted for the patient, 0 when nobody did."""
    found = PROXY.search(what)
    return int(found[1]) if found else 0
