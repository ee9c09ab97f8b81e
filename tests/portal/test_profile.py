"""The patient's own settings: contact values by code, consent, insight, and what is new on the first page (spec K3)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinics import audit
from clinics.models import AuditAction, AuditEvent
from notifications.kinds import Channel
from notifications.providers.base import Outcome
from patients.models import Consent, ConsentChange, DeadContact, Patient
from portal import codes
from portal.code_models import ContactCode, Field
from post.models import Message, Party
from tests.engine.conftest import MemoryProvider
from tests.factories import ClinicFactory, MembershipFactory
from tests.portal.visitors import Side, logged_in, person_with

MAIL, MOBILE = "ny@example.com", "+4742000123"


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> dict[Channel, MemoryProvider]:
    """The engine's providers, in memory."""
    made = {channel: MemoryProvider(channel) for channel in (Channel.EMAIL, Channel.SMS)}
    monkeypatch.setattr(codes, "provider_for", made.__getitem__)
    return made


def code_in(provider: MemoryProvider) -> str:
    """Return the code of the newest message."""
    found = re.search(r"\b\d{6}\b", provider.sent[-1].text)
    assert found
    return found[0]


def wrong(code: str) -> str:
    """Return another code."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


@pytest.mark.parametrize(
    ("field", "channel", "typed", "value"),
    [("email", Channel.EMAIL, " Ny@EXAMPLE.com ", "Ny@example.com"), ("mobile", Channel.SMS, "420 00 123", MOBILE)],
)
@pytest.mark.django_db
def test_a_value_counts_when_its_code_comes_back(
    field: str, channel: Channel, typed: str, value: str, ways: dict[Channel, MemoryProvider]
) -> None:
    """spec B1, K3: not before, by this person alone, then on all their cards and nobody else's; then it is used up."""
    north, south = ClinicFactory(alias="Nord", sms_sender="NordKlin"), ClinicFactory(alias="Sør")
    person = person_with(north, south, mobile="+4742999999", email="felles@example.com")
    other = person_with(north, mobile="+4742999999", email="felles@example.com")
    client, name = logged_in(person), f"portal:{field}"

    sent = client.post(reverse(name), {"value": typed})
    message = ways[channel].sent[0]
    code = code_in(ways[channel])
    confirm = reverse(f"{name}_code")
    refused = client.post(confirm, {"code": wrong(code)})
    by_another = logged_in(other).post(confirm, {"code": code})
    untouched = {getattr(card, field) for card in Patient.objects.all()}
    done = client.post(confirm, {"code": f" {code[:3]} {code[3:]}"})
    again = client.post(confirm, {"code": code})

    assert (sent.status_code, sent["Location"]) == (302, confirm)
    assert (message.recipient, message.sender) == (value, "Nord" if channel == Channel.EMAIL else "NordKlin")
    assert "Nord" not in message.text
    assert (refused.status_code, by_another.status_code, again.status_code) == (422, 422, 422)
    assert untouched == {getattr(other.cards.get(), field)}
    assert done["Location"] == reverse("portal:profile")
    assert {getattr(card, field) for card in person.cards.all()} == {value}
    assert getattr(other.cards.get(), field) != value
    assert AuditEvent.objects.filter(action=AuditAction.CONTACT, source="portal", what=field).count() == 2
    assert f"{Field(field).label} er endret" in again.content.decode()  # said once, on the next page

    person.cards.update(**{f"{field}_dead": DeadContact.HARD_BOUNCE})
    client.post(reverse(name), {"value": typed})
    client.post(confirm, {"code": code_in(ways[channel])})
    assert {getattr(card, f"{field}_dead") for card in person.cards.all()} == {""}  # spec C3: it has just been proved

    client.post(reverse(f"{name}_remove"))
    assert {getattr(card, field) for card in person.cards.all()} == {""}


@pytest.mark.django_db
def test_codes_are_few_short_lived_and_refuse_what_cannot_be(ways: dict[Channel, MemoryProvider]) -> None:
    """Five tries a code, five codes an hour by one or to one, ten minutes; a refused value keeps what was typed."""
    clinic = ClinicFactory()
    person, now = person_with(clinic), timezone.now()
    card = person.cards.get()

    def ask(text: str = MAIL, field: Field = Field.EMAIL, at: timedelta = timedelta()) -> None:
        codes.ask(person, field, text, card=card, now=now + at)

    for text, field, words in [
        ("", Field.EMAIL, "Skriv den nye"),
        ("ikke-adresse", Field.EMAIL, "navn@eksempel.no"),
        ("22 22 22 22", Field.MOBILE, "fasttelefon"),
        ("+46 70 123 45 67", Field.MOBILE, "utenlandske"),
        ("12", Field.MOBILE, "med siffer"),
    ]:
        with pytest.raises(ValidationError, match=words):
            ask(text, field)
    page = logged_in(person).post(reverse("portal:email"), {"value": "ikke-adresse"})
    assert (page.status_code, 'value="ikke-adresse"' in page.content.decode()) == (422, True)
    assert not ContactCode.objects.exists()

    ask()
    old = code_in(ways[Channel.EMAIL])
    for _try in range(codes.MOST_TRIES):
        with pytest.raises(ValidationError, match="feil"):
            codes.confirm(person, Field.EMAIL, wrong(old), now=now)
    with pytest.raises(ValidationError, match="brukt opp"):
        codes.confirm(person, Field.EMAIL, old, now=now)
    ask(at=timedelta(seconds=1))
    with pytest.raises(ValidationError, match="gammel"):
        codes.confirm(person, Field.EMAIL, code_in(ways[Channel.EMAIL]), now=now + timedelta(minutes=11))
    for step in range(3):
        ask(at=timedelta(seconds=2 + step))
    with pytest.raises(ValidationError, match="for mange"):
        ask("annen@example.com")
    with pytest.raises(ValidationError, match="for mange"):
        codes.ask(person_with(clinic), Field.EMAIL, MAIL, card=card, now=now)
    ways[Channel.EMAIL].answers = lambda message: Outcome.setup()
    with pytest.raises(ValidationError, match="ikke sendes"):
        ask(at=timedelta(hours=2))
    assert len(ways[Channel.EMAIL].sent) == codes.MOST_CODES + 1
    assert person.cards.get().email != MAIL
    ways[Channel.EMAIL].is_real = True
    with pytest.raises(ValidationError, match="Demoklinikken"):
        ask(at=timedelta(hours=2))


@pytest.mark.django_db
def test_consent_is_each_clinics_and_logged_as_the_patients_own() -> None:
    """spec B3: given and withdrawn per clinic, once however often it is pressed; the next page says so."""
    north, south = ClinicFactory(alias="Nord"), ClinicFactory(alias="Sør")
    person = person_with(north, south)
    client, card = logged_in(person), person.cards.get(clinic=north)
    address = reverse("portal:consent", args=[card.pk])

    for _press in range(2):
        answer = client.post(address, {"consent": "withdrawn"})
    odd = client.post(address, {"consent": ""})

    assert (answer["Location"], odd.status_code) == (reverse("portal:profile"), 422)
    assert [row.consent for row in person.cards.order_by("clinic__alias")] == [Consent.WITHDRAWN, Consent.GIVEN]
    line = ConsentChange.objects.get()
    assert (line.how, line.by, line.patient) == (ConsentChange.How.PORTAL, None, card)
    assert "Samtykket er trukket." in odd.content.decode()
    client.post(address, {"consent": "given"})
    assert ConsentChange.objects.count() == 2


def test_the_patient_sees_who_has_looked_at_them(visitor: Client, mine: Side, theirs: Side) -> None:
    """Threat 34: names and when, of this card alone; what they did themselves is theirs."""
    clinic = mine.patient.clinic
    member, stranger = (MembershipFactory(clinic=clinic, user__last_name=name).user for name in ("Leser", "Annen"))
    audit.record(AuditAction.READ, clinic=clinic, actor=member, patient_id=mine.patient.pk, what="overview:card")
    audit.record(AuditAction.READ, clinic=clinic, actor=stranger, patient_id=theirs.patient.pk, what="overview:card")
    audit.record(AuditAction.CONTACT, clinic=clinic, actor=None, patient_id=mine.patient.pk, source="portal")

    page = visitor.get(reverse("portal:readers")).content.decode()

    assert "Leser" in page
    assert "Annen" not in page
    assert ">Du<" in page
    assert "overview:card" not in page


def test_the_first_page_tells_what_is_new(visitor: Client, mine: Side, django_assert_max_num_queries: object) -> None:
    """spec K2: the next appointment, unread answers with a badge, receipts; and it stays small (under 100 kB)."""
    mine.dialog.messages.create(clinic=mine.dialog.clinic, party=Party.STAFF, text="Svar", sent_at=timezone.now())

    with django_assert_max_num_queries(12):
        page = visitor.get("/min/").content.decode()
    Message.objects.update(read_at=timezone.now())
    visitor.get(reverse("portal:receipt", args=[mine.receipt.pk]))
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        after = visitor.get("/min/").content.decode()

    assert f"hos Behandler {mine.secret}" in page
    assert "Svar på e-dialog" in page
    assert "Kvittering, 160" in page
    assert ("Ulest" in page, 'class="dot"' in page) == (True, True)
    assert ("Ulest" in after, 'class="dot"' in after) == (False, False)
    assert len(page.encode()) < 20_000


@pytest.mark.parametrize(("consent", "asks"), [(Consent.NOT_ASKED, True), (Consent.WITHDRAWN, False)])
def test_the_first_page_asks_for_the_consent_that_nobody_has_asked_for(
    consent: str, asks: bool, visitor: Client, mine: Side, settings: object
) -> None:
    """spec B3: once answered it asks no more; without consent no push is offered, since none would come."""
    settings.VAPID_PRIVATE_KEY = "a key"  # type: ignore[attr-defined]
    mine.person.subscriptions.all().delete()
    offered = visitor.get("/min/").content.decode()
    Patient.objects.filter(pk=mine.patient.pk).update(consent=consent)

    page = visitor.get("/min/").content.decode()

    assert (reverse("portal:consent", args=[mine.patient.pk]) in page) == asks
    assert ["Slå på varsler" in one for one in (offered, page)] == [True, False]
    assert "kan ikke varsle deg" not in offered
