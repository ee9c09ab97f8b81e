"""What messages say, and what they never may (spec C4, C5)."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from notifications import messages, segments
from notifications.kinds import Channel, Kind
from notifications.models import Delivery, Notification
from patients.models import Patient, PushSubscription
from tests.factories import PersonFactory
from timebook import booking
from timebook.models import Appointment

APPOINTMENT_KINDS = [kind for kind in Kind if kind.startswith("appointment_")]
POST_KINDS = [Kind.DIALOG_RECEIVED, Kind.ANSWER_RECEIVED, Kind.ECONTACT]
KINDS = [*APPOINTMENT_KINDS, *POST_KINDS, Kind.RECEIPT]
LINK = f"{settings.PUBLIC_BASE_URL}/v/abcdefghijklmnopqrstuv/"
VALUES = {
    "when": "torsdag 26. november 2026 kl. 10.00",
    "when_short": "tor. 26.11.2026 kl. 10.00",
    "date": "26.11.2026",
    "practitioner": "Bjørn Haugen",
    "place": "Rom 1, Storgata 1",
    "phone": "+4722000000",
    "clinic": "Fjordbyen legesenter",
    "link": LINK,
}


def compose(kind, channel, **values):
    """Return the subject and text of a message as one string."""
    found = messages.compose(kind, channel, VALUES | values)
    return f"{found.subject}\n{found.text}"


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("kind", APPOINTMENT_KINDS)
def test_appointment_notices_carry_clinic_date_time_place_and_practitioner(kind, channel):
    """spec C4."""
    said = compose(kind, channel)

    for part in ("Fjordbyen legesenter", "26.11.2026", "10.00", "Rom 1", "Storgata 1", "Bjørn Haugen"):
        assert part in said, part


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("kind", POST_KINDS)
def test_post_notices_say_that_something_important_waits_and_to_log_in(kind, channel):
    """spec C4."""
    said = compose(kind, channel)

    assert "viktig informasjon" in said
    assert "Logg inn" in said


@pytest.mark.parametrize("channel", list(Channel))
def test_receipt_notices_say_that_a_receipt_has_come(channel):
    """spec C4: no sum, no takst."""
    said = compose(Kind.RECEIPT, channel)

    assert "kvittering" in said
    assert not re.search(r"\bkr\b|takst|NOK", said, re.IGNORECASE)


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.SMS])
@pytest.mark.parametrize("kind", KINDS)
def test_emails_and_sms_hold_one_link_of_ours(kind, channel):
    """spec C5."""
    assert re.findall(r"https?://\S+", compose(kind, channel)) == [LINK]


@pytest.mark.parametrize("kind", KINDS)
def test_emails_ask_for_login_at_level_4(kind):
    """spec C5."""
    assert "BankID" in compose(kind, Channel.EMAIL)


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (Kind.APPOINTMENT_SET_UP, "har fått time"),
        (Kind.APPOINTMENT_BOOKED, "har bestilt time"),
        (Kind.APPOINTMENT_CHANGED, "endret"),
        (Kind.APPOINTMENT_CANCELLED, "avlyst"),
        (Kind.APPOINTMENT_CALLED_OFF, "avbestilt"),
        (Kind.APPOINTMENT_REMINDER, "minne"),
    ],
)
@pytest.mark.parametrize("channel", list(Channel))
def test_each_kind_says_what_it_is(kind, word, channel):
    """spec D2–D6."""
    said = compose(kind, channel).lower().replace("påminnelse", "minner")

    assert word in said


@pytest.mark.parametrize("kind", KINDS)
def test_sms_is_one_gsm_part_with_ordinary_values(kind):
    """house style: ≤ 160 characters, GSM-7."""
    found = segments.size(messages.compose(kind, Channel.SMS, VALUES).text)

    assert (found.parts, found.is_gsm) == (1, True)


@pytest.mark.parametrize("kind", APPOINTMENT_KINDS)
def test_sms_is_one_part_with_long_names_when_a_shorter_wording_can(kind):
    """house style: the shortest wording that fits is used."""
    text = messages.compose(kind, Channel.SMS, VALUES | {"place": "Inngang B, Øvre Storgate 12"}).text

    assert segments.size(text).parts == 1


@pytest.mark.parametrize("kind", APPOINTMENT_KINDS)
def test_typographic_values_stay_gsm(kind):
    """house style."""
    text = messages.compose(kind, Channel.SMS, VALUES | {"clinic": "«Fjordbyen» – legesenter…"}).text

    assert segments.size(text).is_gsm
    assert '"Fjordbyen" - legesenter...' in text


def test_sami_names_are_kept():
    """Names are never respelled, though it takes UCS-2."""
    text = messages.compose(
        Kind.APPOINTMENT_REMINDER, Channel.SMS, VALUES | {"practitioner": "Máret Gárddenguovlu"}
    ).text

    assert "Máret Gárddenguovlu" in text
    assert not segments.size(text).is_gsm


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("kind", KINDS)
def test_the_templates_version_is_recorded(kind, channel):
    """design, section 2: the delivery keeps it."""
    assert re.fullmatch(rf"{kind}\.{channel}@[0-9a-f]{{8}}", messages.compose(kind, channel, VALUES).template)


INJECTIONS = [
    ("{{ link }}", "{{ link }}"),
    ("{% include 'x' %}", "{% include 'x' %}"),
    ("{0.__class__}", "{0.__class__}"),
    ("%(clinic)s %s", "%(clinic)s %s"),
    ("Siri\r\nBcc: x@example.com", "Siri Bcc: x@example.com"),
    ("Siri\n\nMoen", "Siri Moen"),
    ("Siri\tMoen", "Siri Moen"),
    ("Siri\u00a0Moen", "Siri Moen"),
    ("Siri\u2028Moen", "Siri Moen"),
    ("\u202egnp.exe\u202c", "gnp.exe"),
    ("\u2067Siri\u2069", "Siri"),
    ("Si\x00ri\x1b[0m", "Siri[0m"),
    ("\u200bSiri\ufeff", "Siri"),
    ("<b>Siri</b> & co", "<b>Siri</b> & co"),
]


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize(("value", "arrives"), INJECTIONS)
def test_values_arrive_literally_and_on_one_line(value, arrives, channel):
    """spec C4: nothing a name holds is run, breaks a line or turns the reading direction."""
    assert arrives in compose(Kind.APPOINTMENT_REMINDER, channel, practitioner=value)


@pytest.mark.parametrize("value", [value for value, _ in INJECTIONS])
def test_subjects_are_one_line(value):
    """No header can be added."""
    subject = messages.compose(Kind.APPOINTMENT_REMINDER, Channel.EMAIL, VALUES | {"clinic": value}).subject

    assert subject.splitlines() == [subject]
    assert len(subject) <= messages.SUBJECT_LIMIT


def test_html_shows_markup_as_text():
    """Values are escaped when the HTML part is built."""
    found = messages.compose(
        Kind.APPOINTMENT_REMINDER,
        Channel.EMAIL,
        VALUES | {"practitioner": "<img src=x onerror=alert(1)>", "clinic": "A & <b>"},
    )

    page = messages.html(found.text, found.subject)

    assert "<img" not in page
    assert "<b>" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_html_links_nothing_but_our_own_link():
    """spec C5: a practitioner's name cannot become a link."""
    found = messages.compose(
        Kind.APPOINTMENT_REMINDER,
        Channel.EMAIL,
        VALUES | {"practitioner": f'{settings.PUBLIC_BASE_URL}/v/" onclick="x'},
    )

    page = messages.html(found.text, found.subject)

    assert re.findall(r'href="([^"]*)"', page) == [LINK]
    assert "<a" in page
    assert page.count("<a") == 1


CANARIES = {
    "type": "KANARITYPE diabetes",
    "remark": "KANARIMERKNAD depresjon",
    "given_name": "KANARIFORNAVN",
    "family_name": "KANARIETTERNAVN",
    "national": "13097248022",
    "local": "KANARILOKAL",
}


@pytest.fixture
def canary(kari, kind, clinic):
    """A patient and a type full of canaries, reached on every channel."""
    kind.name = CANARIES["type"]
    kind.save()
    person = PersonFactory(national_number=CANARIES["national"])
    PushSubscription.objects.create(person=person, endpoint="https://push.example/1", p256dh="k", auth="a")
    kari.person, kari.local_number = person, CANARIES["local"]
    kari.given_name, kari.family_name = CANARIES["given_name"], CANARIES["family_name"]
    kari.save()
    return kari


@pytest.mark.parametrize("preferred", ["", "sms"])
def test_no_canary_sings_in_a_whole_life(preferred, canary, set_up, staff, providers, promise, pass_time):
    """spec C4: type, remark, name and numbers are in no subject, text, HTML, calendar entry or stored row."""
    Patient.objects.update(preferred_method=preferred)
    appointment = set_up(canary, days=7)
    Appointment.objects.filter(pk=appointment.pk).update(remark=CANARIES["remark"])
    pass_time(minutes=5)
    pass_time(days=5)
    appointment.refresh_from_db()
    booking.reschedule(appointment, version=appointment.version, by=staff, place=None)
    pass_time(minutes=5)
    appointment.refresh_from_db()
    booking.cancel(appointment, version=appointment.version, by=staff)
    pass_time(minutes=5)
    for kind in (*POST_KINDS, Kind.RECEIPT):
        promise(canary, kind)
    pass_time(seconds=1)

    sent = [message for provider in providers.values() for message in provider.sent]
    rows = [*Notification.objects.values(), *Delivery.objects.values()]
    everything = "\n".join(
        [f"{m.subject}\n{m.text}\n{m.html}\n{m.calendar}\n{m.sender}\n{m.token}" for m in sent]
        + [repr(row) for row in rows]
    )
    assert len(sent) >= 8
    assert [canary for canary in CANARIES.values() if canary in everything.replace("\r\n ", "")] == []


def test_the_link_carries_only_the_token(kari, set_up, email, pass_time):
    """spec C5: it identifies nobody by itself."""
    set_up(kari, days=7)
    pass_time(minutes=5)

    token = Notification.objects.get(kind=Kind.APPOINTMENT_SET_UP).token

    assert re.findall(r"https?://\S+", email.sent[0].text) == [f"{settings.PUBLIC_BASE_URL}/v/{token}/"]
    assert len(token) >= 22


def test_two_notices_have_two_tokens(kari, promise):
    """spec C5."""
    assert promise(kari).token != promise(kari).token


def test_the_time_is_the_clinics(kari, set_up, clinic, email, pass_time):
    """spec D14: 09.00 UTC in November is 11.00 in Helsinki."""
    clinic.time_zone = "Europe/Helsinki"
    clinic.save()
    set_up(kari, days=7)
    pass_time(minutes=5)

    assert "mandag 30. november 2026 kl. 11.00" in email.sent[0].text
