"""Why an import refused a row, left out a value or wrote a note: the closed list, in the clinic's words."""

from __future__ import annotations

from django.db.models import TextChoices


class Weight(TextChoices):
    """What became of the row."""

    REFUSED = "refused", "Ikke importert"
    LEFT_OUT = "left_out", "Importert uten verdien"
    NOTE = "note", "Merknad"


class Reason(TextChoices):
    """What was wrong or worth knowing."""

    UNREADABLE = "unreadable", "Raden kan ikke leses"
    NO_NAME = "no_name", "Navn mangler"
    LONG_NAME = "long_name", "Navnet er lengre enn 150 tegn"
    BAD_BIRTH_DATE = "bad_birth_date", "Fødselsdatoen finnes ikke"
    NO_IDENTITY = "no_identity", "Fødselsnummer og lokalt nummer mangler"
    TWICE = "twice", "Samme pasient, time eller journalinnslag står flere ganger i filen"
    CONFLICT = "conflict", "Det lokale nummeret tilhører et annet pasientkort"
    TAKEN_NUMBER = "taken_number", "Det lokale nummeret er opptatt: importert med fødselsnummeret alene"
    NOT_IN_USE = "not_in_use", "Ikke i bruk i det gamle systemet"
    UNKNOWN_PATIENT = "unknown_patient", "Pasienten finnes ikke"
    NO_PRACTITIONER = "no_practitioner", "Behandler mangler"
    BAD_TIME = "bad_time", "Tidspunktet kan ikke leses"
    CLOCK_GAP = "clock_gap", "Klokkeslettet finnes ikke den dagen (klokken stilles fram)"
    NO_END = "no_end", "Slutt og varighet mangler"
    END_BEFORE_START = "end_before_start", "Slutt er ikke etter start"
    TOO_LONG = "too_long", "Timen varer mer enn et døgn"
    NOT_AGREED = "not_agreed", "Timen er ikke avtalt i det gamle systemet"
    BAD_PHONE = "bad_phone", "Telefonnummeret er ikke gyldig"
    SPREADSHEET_PHONE = "spreadsheet_phone", "Regnearket har gjort om telefonnummeret"
    BAD_EMAIL = "bad_email", "E-postadressen er ikke gyldig"
    BAD_NUMBER = "bad_number", "Fødselsnummeret er ikke gyldig"
    WRONG_WORLD = "wrong_world", "Nummeret passer ikke her: oppdiktet person, eller virkelig person i demoklinikk"
    LOCAL_NUMBER = "local_number", "Nummeret er et lokalt nummer, ikke et fødselsnummer"
    NO_BIRTH_DATE = "no_birth_date", "Fødselsdato mangler"
    BAD_CONSENT = "bad_consent", "Samtykket kan ikke leses"
    BAD_METHOD = "bad_method", "Varslingsmetoden kan ikke leses"
    DEAD = "dead", "Registrert som død: importert uten kontaktopplysninger og samtykke"
    DIFFERS = "differs", "Finnes fra før med andre opplysninger, og er ikke endret"
    OVERLAP = "overlap", "Behandleren har en annen time samtidig"
    TWO_HOURS = "two_hours", "Klokkeslettet finnes to ganger den natten (klokken stilles tilbake): første er brukt"
    UNKNOWN_GP = "unknown_gp", "Fastlegen er ikke registrert ved klinikken"
    BAD_POSTAL_CODE = "bad_postal_code", "Postnummeret har ikke fire siffer"
    BAD_MUNICIPALITY = "bad_municipality", "Kommunenummeret har ikke fire siffer"
    BAD_ECONTACT = "bad_econtact", "EP-kontakt kan ikke leses"
    BAD_ENTRY_TYPE = "bad_entry_type", "Innslagets type er ikke kjent"
    NO_CODE = "no_code", "Innslaget har verken kode eller tekst"
    LONG_CODE = "long_code", "Koden er lengre enn 40 tegn, og er kuttet"
    BAD_DAY = "bad_day", "Datoen mangler, finnes ikke eller er fram i tid"
    END_BEFORE_DAY = "end_before_day", "Sluttdatoen er før startdatoen, eller kan ikke leses"
    BAD_VALUE = "bad_value", "Verdien er for stor, eller enheten for lang"
    WITHDRAWN = "withdrawn", "Feilført eller avkreftet i det gamle systemet"
    NOT_DONE = "not_done", "Ikke gjennomført eller ikke gitt i det gamle systemet"
    OTHER_PATIENT = "other_patient", "Innslagets id tilhører en annen pasient"


ACTIONS: dict[Reason, str] = {
    Reason.UNREADABLE: "Se etter om raden har like mange kolonner som overskriften, og importer filen på nytt.",
    Reason.NO_NAME: "Skriv fornavn og etternavn i det gamle systemet, og importer filen på nytt.",
    Reason.LONG_NAME: "Kort ned navnet, og importer filen på nytt.",
    Reason.BAD_BIRTH_DATE: "Rett datoen (dd.mm.åååå), og importer filen på nytt.",
    Reason.NO_IDENTITY: "Legg til fødselsnummer eller lokalt nummer, og importer filen på nytt.",
    Reason.TWICE: "Ingenting. Den første er brukt.",
    Reason.CONFLICT: "Sammenlign med pasientkortet, og opprett pasienten for hånd med et annet lokalt nummer.",
    Reason.TAKEN_NUMBER: "Ingenting, hvis fødselsnummeret er riktig.",
    Reason.NOT_IN_USE: "Ingenting, hvis kortet er slått sammen med et annet. Opprett det ellers for hånd.",
    Reason.UNKNOWN_PATIENT: "Importer pasientene først, eller rett nummeret.",
    Reason.NO_PRACTITIONER: "Legg til behandler i filen, eller velg behandler for timer uten.",
    Reason.BAD_TIME: "Skriv dd.mm.åååå tt:mm, og importer filen på nytt.",
    Reason.CLOCK_GAP: "Avtal et annet klokkeslett med pasienten, og sett opp timen for hånd.",
    Reason.NO_END: "Legg til slutt eller varighet, og importer filen på nytt.",
    Reason.END_BEFORE_START: "Rett tidene, og importer filen på nytt.",
    Reason.TOO_LONG: "Rett tidene, og importer filen på nytt.",
    Reason.NOT_AGREED: "Sett opp timen for hånd når den er avtalt.",
    Reason.BAD_PHONE: "Spør pasienten, og legg nummeret inn på pasientkortet.",
    Reason.SPREADSHEET_PHONE: "Gjør kolonnen til tekst i regnearket og eksporter på nytt, eller rett pasientkortet.",
    Reason.BAD_EMAIL: "Spør pasienten, og legg adressen inn på pasientkortet.",
    Reason.BAD_NUMBER: "Se etter i det gamle systemet. Pasienten er kjent ved sitt lokale nummer.",
    Reason.WRONG_WORLD: "Se etter om filen hører til denne klinikken. Pasienten er kjent ved sitt lokale nummer.",
    Reason.LOCAL_NUMBER: "Ingenting. Pasienten er kjent ved sitt lokale nummer.",
    Reason.NO_BIRTH_DATE: "Legg fødselsdatoen inn på pasientkortet.",
    Reason.BAD_CONSENT: "Skriv ja eller nei. Uten svar er pasienten ikke spurt.",
    Reason.BAD_METHOD: "Velg metode under Varslinger på pasientkortet.",
    Reason.DEAD: "Ingenting.",
    Reason.DIFFERS: "Sammenlign med det gamle systemet, og rett for hånd om det trengs.",
    Reason.OVERLAP: "Se etter i timeboken, og flytt den ene om det trengs.",
    Reason.TWO_HOURS: "Se etter om timen er riktig.",
    Reason.UNKNOWN_GP: "Velg fastlege på pasientkortet.",
    Reason.BAD_POSTAL_CODE: "Rett postnummeret i det gamle systemet.",
    Reason.BAD_MUNICIPALITY: "Skriv kommunens nummer (fire siffer), ikke navnet.",
    Reason.BAD_ECONTACT: "Skriv ja eller nei. Uten svar er det nei.",
    Reason.BAD_ENTRY_TYPE: "Skriv diagnose, legemiddel, måling, kontakt eller vaksine, og importer filen på nytt.",
    Reason.NO_CODE: "Legg til kode eller tekst, og importer filen på nytt.",
    Reason.LONG_CODE: "Ingenting, hvis koden ikke skal søkes etter. Teksten er beholdt.",
    Reason.BAD_DAY: "Rett datoen (dd.mm.åååå), og importer filen på nytt.",
    Reason.END_BEFORE_DAY: "Rett datoene, og importer filen på nytt.",
    Reason.BAD_VALUE: "Se etter i det gamle systemet, og rett filen om det trengs.",
    Reason.WITHDRAWN: "Ingenting. Var innslaget importert før, er det fjernet.",
    Reason.NOT_DONE: "Ingenting. Var innslaget importert før, er det fjernet.",
    Reason.OTHER_PATIENT: "Se etter om filen er fra et annet system enn forrige import. Gi innslagene egne id-er.",
}


class Refused(Exception):
    """The row cannot be imported; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class FileRefused(Exception):
    """The whole file cannot be read; the message says why and what to do. Nothing is imported."""
