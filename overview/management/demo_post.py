"""The demo clinics' post: conversations of every kind, as an inbox looks on an ordinary day."""

from __future__ import annotations

from datetime import datetime, timedelta

from clinics.models import Clinic, User
from patients.models import Consent, Patient
from post import kinds
from post.deadlines import answer_by
from post.models import SWITCHED, Dialog, DialogKind, DialogState, Message, MessageTemplate, Party

Said = tuple[float, str]  # hours ago; the patient's text begins with «>»
SCRIPTS: tuple[tuple[DialogKind, str, tuple[Said, ...]], ...] = (
    (
        DialogKind.E_DIALOG,
        "Spørsmål om timen på fredag",
        ((2, ">Hei. Jeg har time på fredag. Skal jeg ta med medisinlisten?"),),
    ),
    (
        DialogKind.E_CONSULTATION,
        "Utslett på armen",
        (
            (
                50,
                ">Hei. Jeg har hatt utslett på venstre arm i en uke. Det klør mest om kvelden, og jeg har ikke brukt "
                "noe nytt vaskemiddel.\n\nBør jeg komme inn, eller kan jeg prøve en krem først?",
            ),
        ),
    ),
    (
        DialogKind.PRESCRIPTION,
        "Fornye resept",
        ((26, ">Kan dere fornye den faste medisinen min? Jeg har igjen til ti dager."),),
    ),
    (
        DialogKind.INVOICE_QUESTION,
        "Faktura for mai",
        (
            (75, ">Jeg har fått to fakturaer for samme konsultasjon. Er det en feil?"),
            (70, "Hei. Den ene gjelder laboratorieprøvene som ble tatt samtidig. Ta kontakt hvis noe er uklart."),
        ),
    ),
    (
        DialogKind.E_DIALOG,
        "Prøvesvar",
        (
            (30, "Hei. Prøvene du tok på mandag er fine. Du trenger ikke gjøre noe mer nå."),
            (28, ">Tusen takk for beskjeden!"),
        ),
    ),
    (
        DialogKind.E_DIALOG,
        "Husk fastende prøve",
        ((4, "Hei. Møt fastende til blodprøven i morgen: ikke spis eller drikk annet enn vann etter kl. 22 i kveld."),),
    ),
    (
        DialogKind.E_CONSULTATION,
        "Vondt i kneet",
        (
            (130, ">Kneet hovner opp når jeg går i trapper. Det begynte etter en tur for to uker siden."),
            (110, "Hei. Prøv avlastning og is i en uke. Bestill time hvis det ikke blir bedre, så undersøker vi det."),
            (90, ">Det er fortsatt hovent. Kan jeg få time denne uken?"),
        ),
    ),
    (
        DialogKind.PRESCRIPTION,
        "Resept på allergimedisin",
        (
            (60, ">Jeg trenger ny resept før pollensesongen."),
            (55, "Resepten er fornyet og ligger på apoteket."),
        ),
    ),
)
TEMPLATES = (
    ("Prøvesvar uten funn", "Prøvesvar", "Hei [fornavn].\n\nPrøvene dine er fine.\n\nHilsen [avsender], [klinikk]"),
    ("Bestill time", "Bestill time", "Hei [fornavn].\n\nBestill time i portalen, eller ring oss på [telefon]."),
    ("Resept fornyet", "", "Resepten er fornyet og ligger på apoteket."),
)


def fill(clinic: Clinic, *, by: User, now: datetime) -> int:
    """Take every kind in use and write the conversations, once; nobody is notified of the past. Returns how many."""
    if Dialog.objects.of(clinic).exists():
        return 0
    for used in SWITCHED:
        kinds.switch(clinic, used, on=True, by=by)
    MessageTemplate.objects.bulk_create(
        [MessageTemplate(clinic=clinic, name=name, subject=about, text=text) for name, about, text in TEMPLATES],
        ignore_conflicts=True,
    )
    patients = Patient.objects.of(clinic).filter(consent=Consent.GIVEN).exclude(email="", mobile="").order_by("pk")
    pairs = list(zip(SCRIPTS, patients, strict=False))
    for (kind, subject, lines), patient in pairs:
        write(clinic, patient, kind, subject, lines=lines, by=by, now=now)
    return len(pairs)


def write(
    clinic: Clinic,
    patient: Patient,
    kind: DialogKind,
    subject: str,
    *,
    lines: tuple[Said, ...],
    by: User,
    now: datetime,
) -> None:
    """Write one conversation as it would stand."""
    said = [(now - timedelta(hours=hours), text) for hours, text in lines]
    first, (last_at, last) = said[0], said[-1]
    is_theirs = last.startswith(">")
    answered = any(text.startswith(">") for _, text in said)
    state = DialogState.WAITING if is_theirs else DialogState.ANSWERED if answered else DialogState.SENT
    dialog = Dialog.objects.create(
        clinic=clinic,
        patient=patient,
        kind=kind,
        subject=subject,
        state=state,
        is_unread=is_theirs,
        last_message_at=last_at,
        answer_by=answer_by(kind, last_at, clinic.zone) if is_theirs else None,
        taken_by=None if len(said) == 1 and is_theirs else by,
        started_by=Party.PATIENT if first[1].startswith(">") else Party.STAFF,
        created_at=first[0],
    )
    Message.objects.bulk_create(
        Message(
            clinic=clinic,
            dialog=dialog,
            party=Party.PATIENT if text.startswith(">") else Party.STAFF,
            person=patient.person if text.startswith(">") else None,
            author=None if text.startswith(">") else by,
            text=text.removeprefix(">"),
            sent_at=at,
            read_at=at + timedelta(hours=1) if at != last_at else None,
        )
        for at, text in said
    )
