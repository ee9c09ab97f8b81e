"""What messages say, and what they never may (spec C4, C5)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from babel import Locale
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format

from clinics.models import Clinic, Place, Practitioner
from notifications import messages, segments
from notifications.kinds import Channel, Kind
from notifications.models import Delivery, Notification
from patients.models import Language, Patient, PushSubscription
from tests.factories import PatientFactory, PersonFactory
from timebook import booking, subject
from timebook.models import Appointment

APPOINTMENT_KINDS = [kind for kind in Kind if kind.startswith("appointment_")]
POST_KINDS = [Kind.DIALOG_RECEIVED, Kind.ANSWER_RECEIVED, Kind.ECONTACT]
KINDS = [*APPOINTMENT_KINDS, *POST_KINDS, Kind.RECEIPT]
LINK = f"{settings.PUBLIC_BASE_URL}/v/abcdefghijklmnopqrstuv/"
STARTS_AT = datetime(2026, 11, 26, 9, tzinfo=UTC)


def values_in(language):
    """Return what an appointment on Thursday 26 November at 10 says of itself."""
    place = Place(name="Rom 1", address="Storgata 1")
    clinic, with_whom = Clinic(alias="Fjordbyen legesenter", phone="+4722000000"), Practitioner(name="Bjørn Haugen")
    appointment = Appointment(clinic=clinic, practitioner=with_whom, place=place, starts_at=STARTS_AT)
    return subject.values(appointment, language) | {"clinic": clinic.alias, "link": LINK}


VALUES = values_in("nb")
TIMES = {  # in the e-mail's text, its subject, and in SMS and push
    "nb": ("torsdag 26. november 2026 kl. 10.00", "26.11.2026", "tor. 26.11.2026 kl. 10.00"),
    "nn": ("torsdag 26. november 2026 kl. 10.00", "26.11.2026", "tor. 26.11.2026 kl. 10.00"),
    "en": ("Thursday 26 November 2026 at 10:00", "26 November 2026", "Thu 26 Nov 2026 at 10:00"),
    "se": ("duorasdat, skábmamánu 26. b. 2026 dii. 10.00", "26.11.2026", "26.11.2026 dii. 10.00"),
}
WORDS = {  # post's important information, «log in», the receipt, and what each kind of appointment's notices says
    "nb": ("viktig informasjon", "Logg inn", "kvittering"),
    "nn": ("viktig informasjon", "Logg inn", "kvittering"),
    "en": ("important information", "Log in", "receipt"),
    "se": ("dehálaš diehtu", "Logge sisa", "kvitteren"),
}
WHAT = {
    Kind.APPOINTMENT_SET_UP: {
        "nb": "har fått time|^time tor",
        "nn": "har fått time|^time tor",
        "en": "(have been given|have) an appointment",
        "se": "lea biddjon diibmu",
    },
    Kind.APPOINTMENT_BOOKED: {
        "nb": "har bestilt time",
        "nn": "har bestilt time",
        "en": "have booked",
        "se": "diŋgon",
    },
    Kind.APPOINTMENT_CHANGED: {"nb": "endret", "nn": "endra", "en": "changed", "se": "rievdaduvvon"},
    Kind.APPOINTMENT_CANCELLED: {
        "nb": "avlyst",
        "nn": "avlyst",
        "en": "cancelled",
        "se": "klinihkka lea sihkkon",
    },
    Kind.APPOINTMENT_CALLED_OFF: {
        "nb": "avbestilt",
        "nn": "avbestilt",
        "en": "you have called off",
        "se": "don leat (ieš )?sihkkon",
    },
    Kind.APPOINTMENT_REMINDER: {
        "nb": "minne",
        "nn": "minn(er|ing)",
        "en": "reminder",
        "se": "muittuh",
    },
}


def compose(kind, channel, language="nb", **values):
    """Return the subject and text of a message as one string."""
    found = messages.compose(kind, channel, values_in(language) | values, language)
    return f"{found.subject}\n{found.text}"


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", APPOINTMENT_KINDS)
def test_appointment_notices_say_what_when_where_and_with_whom(kind, language):
    """spec C4, D2–D6: in the patient's language; a date is written as that language does."""
    in_full, short_date, short = TIMES[language]
    for channel in Channel:
        said = compose(kind, channel, language)

        for part in ("Fjordbyen legesenter", "Rom 1", "Storgata 1", "Bjørn Haugen"):
            assert part in said, (channel, part)
        for part in (in_full, short_date) if channel == Channel.EMAIL else (short,):
            assert part in said, (channel, part)
        assert re.search(WHAT[kind][language], said.lower()), said


@pytest.mark.parametrize("language", Language)
def test_post_and_receipt_notices_say_that_something_waits_and_to_log_in(language):
    """spec C4: no content, no sum, no takst."""
    important, log_in, receipt = WORDS[language]
    for kind in (*POST_KINDS, Kind.RECEIPT):
        for channel in Channel:
            said = compose(kind, channel, language)

            assert (receipt if kind == Kind.RECEIPT else important) in said.lower()
            assert log_in in said
            assert not re.search(r"\bkr\b|takst|NOK|\bfee\b", said, re.IGNORECASE)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", KINDS)
def test_the_link_is_ours_alone_and_the_email_asks_for_login_at_level_4(kind, language):
    """spec C5."""
    for channel in (Channel.EMAIL, Channel.SMS):
        assert re.findall(r"https?://\S+", compose(kind, channel, language)) == [LINK]
    assert "BankID" in compose(kind, Channel.EMAIL, language)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", KINDS)
def test_sms_is_one_gsm_part_with_ordinary_values(kind, language):
    """house style: ≤ 160 characters, GSM-7. Sámi's own letters take UCS-2: at most two parts."""
    found = segments.size(messages.compose(kind, Channel.SMS, values_in(language), language).text)

    assert found.parts == 1 or (language == "se" and not found.is_gsm and found.parts == 2)


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
@pytest.mark.parametrize("kind", APPOINTMENT_KINDS)
def test_sms_is_one_part_with_long_names_when_a_shorter_wording_can(kind, language):
    """house style: the shortest wording that fits is used."""
    long = values_in(language) | {"place": "Inngang B, Øvre Storgate 12"}
    text = messages.compose(kind, Channel.SMS, long, language).text

    assert segments.size(text).parts == 1


def test_every_language_has_every_template_with_the_same_placeholders():
    """Nothing that one language tells is left out of another; the versions are their own."""
    names = {language: {file.name for file in (messages.FOLDER / language).iterdir()} for language in Language}
    assert {file.name for file in messages.FOLDER.iterdir()} == set(Language) == set(dict(settings.LANGUAGES))
    for language in Language:
        assert names[language] == names["nb"] == {f"{kind}.{channel}.txt" for kind in KINDS for channel in Channel}
    for name in names["nb"]:
        bodies = {one: (messages.FOLDER / one / name).read_text(encoding="utf-8") for one in Language}
        found = {one: set(re.findall(r"{[{%].*?[%}]}", body)) for one, body in bodies.items()}
        plain = {one: {tag for tag in tags if "telef" not in tag} for one, tags in found.items()}
        assert len({frozenset(tags) for tags in plain.values()}) == 1, name


@pytest.mark.parametrize("language", Language)
def test_names_of_days_and_months_are_cldrs(language):
    """Sámi has none in Django: ours are compared with the Unicode project's."""
    known = Locale.parse(language)
    with translation.override(language):
        for month in range(1, 13):
            assert date_format(date(2026, month, 1), "F").lower() == known.months["stand-alone"]["wide"][month].lower()
        for day in range(7):
            name = date_format(date(2026, 11, 23 + day), "l")  # the 23rd is a Monday
            assert name == known.days["format"]["wide"][day], name


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
    assert re.fullmatch(rf"{kind}\.{channel}\.nb@[0-9a-f]{{8}}", messages.compose(kind, channel, VALUES).template)


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


def test_a_notice_is_in_the_cards_language_as_it_is_when_sent(clinic, set_up, email, pass_time):
    """spec C1, C4: chosen between the event and the sending; text, subject, HTML, calendar and dates all follow."""
    cards = {language: PatientFactory(clinic=clinic) for language in Language}
    for card in cards.values():
        set_up(card, days=7)
    for language, card in cards.items():
        Patient.objects.filter(pk=card.pk).update(language=language)
    pass_time(minutes=5)

    sent = {message.recipient: message for message in email.sent}
    for language, subject_says, says, summary in (
        ("nb", "Bekreftelse på time 30.11.2026", "mandag 30. november 2026", "Time hos"),
        ("nn", "Stadfesting på time 30.11.2026", "måndag 30. november 2026", "Time hos"),
        ("en", "Confirmation of appointment 30 November 2026", "Monday 30 November 2026", "Appointment at"),
        ("se", "Nannen: diibmu 30.11.2026", "vuossárga, skábmamánu 30. b. 2026", "Diibmu:"),
    ):
        message = sent[cards[language].email]
        assert message.subject.startswith(subject_says)
        assert says in message.text
        assert f'<html lang="{language}">' in message.html
        assert f"SUMMARY:{summary} {clinic.alias}" in message.calendar
        assert f".{language}@" in Delivery.objects.get(recipient=message.recipient).template
    assert translation.get_language() == "nb"
