"""The real client against the real stand-in over HTTP, in every mode: what each answer means for an e-contact."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from bulk_send.gateways import Found, Letter, gateway_for
from clinics.models import EContactProvider
from integrations import gateways
from integrations.gateways import HttpGateway, body_of, forget
from notifications.kinds import Reason
from notifications.providers.base import LookupFailed, Outcome, Verdict
from tests.bulk_send.econtact_world import Fate, HandoverState, econtact_clinic, make_bulk, make_patients, tick
from tests.factories import ClinicFactory
from tests.providers.stages import HANGS
from tests.sandbox import conftest as stands
from tests.sandbox.running import Sandbox, free_port

open_mailroom, running_sandbox, sandbox = stands.open_mailroom, stands.running_sandbox, stands.sandbox
PROVIDERS = list(EContactProvider)
TEXT = "Ditt prøvesvar er bekymringsfullt – ring oss på æøå"
NUMBER = "01810112345"


@pytest.fixture
def urls(settings: object, sandbox: Sandbox) -> Iterator[object]:
    """The product's settings, pointed at the sandbox, with time-outs that a busy machine keeps."""
    settings.GATEWAYS = {
        name: {"URL": f"{sandbox.url}/{name}", "TOKEN": f"{name}-token"} for name in [*PROVIDERS, "digicare"]
    }
    settings.PROVIDER_CONNECT_TIMEOUT, settings.PROVIDER_TIMEOUT = 5.0, 15.0
    yield settings
    forget()


def waits(settings: object, mode: str) -> None:
    """Let the product give up soon, where no answer comes."""
    if mode in HANGS:
        settings.PROVIDER_TIMEOUT = 1.0


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest, urls: object) -> EContactProvider:
    return request.param


@pytest.fixture
def gateway(provider: EContactProvider) -> HttpGateway:
    return gateway_for(provider)


@pytest.fixture
def helsenorge(urls: object) -> HttpGateway:
    return gateway_for(EContactProvider.HELSENORGE)


def letter(**more: object) -> Letter:
    """Return a letter with a reference of its own."""
    sent_at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    plain = Letter(uuid.uuid4(), NUMBER, "L1", "Kontroll", TEXT, 7, "Solbakken legesenter", sent_at)
    return replace(plain, **more)


def send(gateway: HttpGateway, one: Letter) -> Outcome:
    """Hand over one letter."""
    (outcome,) = gateway.send([one])
    return outcome


def arrived(sandbox: Sandbox) -> list[str]:
    """Return the references that the stand-in has taken, oldest first."""
    return [str(row["token"]) for row in sandbox.messages()]


def test_a_letter_arrives_as_it_was_written(gateway, provider, sandbox):
    one = letter()

    outcome = send(gateway, one)

    (row,) = sandbox.messages(channel=provider)
    assert outcome == Outcome.accepted(str(one.reference))
    assert (row["to"], row["subject"], row["text"]) == (NUMBER, "Kontroll", TEXT)
    assert (row["sender"], row["token"]) == ("Solbakken legesenter", str(one.reference))


@pytest.mark.parametrize(
    ("national", "system", "value"),
    [
        ("01810112345", "urn:oid:2.16.578.1.12.4.1.4.1", "01810112345"),
        ("41810112345", "urn:oid:2.16.578.1.12.4.1.4.2", "41810112345"),
        ("", "local", "L1"),
    ],
)
def test_the_patient_is_named_by_the_register_that_knows_them(national, system, value):
    assert body_of(letter(national_number=national))["recipient"] == {"system": system, "value": value}


def test_times_are_told_in_utc():
    assert body_of(letter())["sentAt"] == "2026-11-23T09:00:00+00:00"


@pytest.mark.parametrize(
    ("mode", "verdict", "reason", "taken"),
    [
        ("ok", Verdict.ACCEPTED, None, True),
        ("429", Verdict.LATER, Reason.PROVIDER_BUSY, False),
        ("500", Verdict.UNKNOWN, Reason.PROVIDER_ERROR, False),
        ("500-accepted", Verdict.UNKNOWN, Reason.PROVIDER_ERROR, True),
        ("hang", Verdict.UNKNOWN, Reason.NO_ANSWER, False),
        ("hang-accepted", Verdict.UNKNOWN, Reason.NO_ANSWER, True),
        ("drip", Verdict.UNKNOWN, Reason.NO_ANSWER, True),
        ("reset", Verdict.UNKNOWN, Reason.NO_ANSWER, False),
        ("reset-accepted", Verdict.UNKNOWN, Reason.NO_ANSWER, True),
        ("malformed", Verdict.UNKNOWN, Reason.PROVIDER_ERROR, True),
        ("no-id", Verdict.UNKNOWN, Reason.PROVIDER_ERROR, True),
        ("401", Verdict.SETUP, Reason.PROVIDER_SETUP, False),
        ("refuse", Verdict.REFUSED, Reason.GATEWAY_REFUSED, False),
    ],
)
def test_every_answer_has_one_meaning(urls, helsenorge, sandbox, mode, verdict, reason, taken):
    waits(urls, mode)
    sandbox.modes(helsenorge={"mode": mode, "seconds": 20})
    one = letter()

    outcome = send(helsenorge, one)

    assert (outcome.verdict, outcome.reason) == (verdict, reason)
    assert arrived(sandbox) == [str(one.reference)] * taken
    assert helsenorge.lookup(one.reference) == (Found(one.reference) if taken else None)


def test_429_says_how_long_to_rest(helsenorge, sandbox):
    sandbox.modes(helsenorge={"mode": "429", "retry_after": 90})

    assert send(helsenorge, letter()).retry_after.total_seconds() == 90


def test_a_gateway_that_is_not_there_has_certainly_not_got_it(urls):
    urls.GATEWAYS = {"helsenorge": {"URL": f"http://127.0.0.1:{free_port()}", "TOKEN": "x"}}
    gateway = gateway_for(EContactProvider.HELSENORGE)

    assert send(gateway, letter()) == Outcome.later(Reason.PROVIDER_DOWN)
    with pytest.raises(LookupFailed):
        gateway.lookup(uuid.uuid4())


@pytest.mark.parametrize("chosen", [{"URL": "", "TOKEN": "x"}, {"URL": "http://127.0.0.1:9", "TOKEN": ""}])
def test_without_address_or_token_the_set_up_is_wrong_and_nobody_is_refused(urls, chosen):
    urls.GATEWAYS = {"helsenorge": chosen}
    gateway = gateway_for(EContactProvider.HELSENORGE)

    assert [outcome.verdict for outcome in gateway.send([letter(), letter()])] == [Verdict.SETUP] * 2
    with pytest.raises(LookupFailed):
        gateway.lookup(uuid.uuid4())


def test_a_wrong_token_is_wrong_set_up(urls, sandbox):
    urls.GATEWAYS = {"helsenorge": {"URL": f"{sandbox.url}/helsenorge", "TOKEN": "wrong"}}

    assert send(gateway_for(EContactProvider.HELSENORGE), letter()).verdict == Verdict.SETUP


def test_the_same_reference_twice_arrives_once(gateway, sandbox):
    one = letter()

    outcomes = [send(gateway, one), send(gateway, one)]

    assert [outcome.verdict for outcome in outcomes] == [Verdict.ACCEPTED] * 2
    assert arrived(sandbox) == [str(one.reference)]


def test_a_reference_used_for_another_text_is_a_question_and_no_refusal(helsenorge, sandbox):
    """A refusal would void the card of an e-contact that may have been delivered (spec I5)."""
    one = letter()
    send(helsenorge, one)

    outcome = send(helsenorge, replace(one, text="Noe annet"))

    assert outcome.verdict == Verdict.UNKNOWN
    assert helsenorge.lookup(one.reference) == Found(one.reference)


@pytest.mark.parametrize("reads", ["429", "500", "401", "hang", "reset", "malformed"])
@pytest.mark.parametrize("is_there", [True, False])
def test_a_look_up_that_fails_says_neither_yes_nor_no(urls, helsenorge, sandbox, reads, is_there):
    one = letter()
    if is_there:
        send(helsenorge, one)
    waits(urls, reads)
    sandbox.modes(helsenorge={"reads": reads, "seconds": 20})

    with pytest.raises(LookupFailed):
        helsenorge.lookup(one.reference)


def test_another_servers_404_does_not_mean_that_it_never_arrived(urls, sandbox):
    urls.GATEWAYS = {"helsenorge": {"URL": f"{sandbox.url}/elsewhere", "TOKEN": "x"}}

    with pytest.raises(LookupFailed):
        gateway_for(EContactProvider.HELSENORGE).lookup(uuid.uuid4())


def test_one_refusal_in_a_batch_stops_nobody(helsenorge, sandbox):
    sandbox.modes(helsenorge={"rules": [{"suffix": "99", "mode": "refuse", "code": "blocked"}]})
    batch = [letter(national_number=f"018101123{number}") for number in (10, 99, 11)]

    outcomes = helsenorge.send(batch)

    assert [outcome.verdict for outcome in outcomes] == [Verdict.ACCEPTED, Verdict.REFUSED, Verdict.ACCEPTED]
    assert outcomes[1].code == "blocked"
    assert set(arrived(sandbox)) == {str(batch[0].reference), str(batch[2].reference)}


def test_a_large_batch_is_answered_in_order_over_one_pool(helsenorge, sandbox):
    batch = [letter() for _ in range(100)]

    outcomes = helsenorge.send(batch)

    assert [outcome.provider_id for outcome in outcomes] == [str(one.reference) for one in batch]
    assert len(arrived(sandbox)) == 100


def test_many_are_in_flight_at_once(urls, sandbox):
    """A hundred at 1 s each would take 100 s one by one, and two of them fifty at a time."""
    urls.GATEWAY_IN_FLIGHT = 50
    sandbox.modes(helsenorge={"delay": 1})
    started = datetime.now(UTC)

    gateway_for(EContactProvider.HELSENORGE).send([letter() for _ in range(100)])

    assert (datetime.now(UTC) - started).total_seconds() < 50


def test_a_gateway_that_has_stopped_answering_is_not_asked_by_the_whole_batch(urls, sandbox):
    urls.GATEWAY_IN_FLIGHT = 2
    sandbox.modes(helsenorge={"mode": "reset"})

    outcomes = gateway_for(EContactProvider.HELSENORGE).send([letter() for _ in range(40)])

    assert {outcome.verdict for outcome in outcomes} == {Verdict.UNKNOWN, Verdict.LATER}
    assert len(sandbox.log()) <= 7


def test_an_answer_without_end_is_not_read(helsenorge, sandbox, monkeypatch):
    monkeypatch.setattr(gateways, "LARGEST_ANSWER", 10)

    assert send(helsenorge, letter()).verdict == Verdict.UNKNOWN


def test_a_redirect_is_not_followed_with_the_token(urls, sandbox):
    """The sandbox redirects nothing; its own form does, after a POST."""
    urls.GATEWAYS = {"helsenorge": {"URL": sandbox.url, "TOKEN": "x"}}
    gateway = gateway_for(EContactProvider.HELSENORGE)
    gateway.url = f"{sandbox.url}/behaviour/reset"

    assert send(gateway, letter()).verdict == Verdict.SETUP


def test_a_text_that_cannot_be_written_stops_nobody(helsenorge, sandbox):
    broken, well = letter(text="\ud800"), letter()

    outcomes = helsenorge.send([broken, well])

    assert outcomes[1].verdict == Verdict.ACCEPTED
    assert str(well.reference) in arrived(sandbox)


@pytest.mark.parametrize("mode", ["500", "hang", "reset", "malformed", "refuse", "401"])
def test_neither_person_nor_text_is_seen_in_logs_errors_or_addresses(urls, helsenorge, sandbox, mode, caplog):
    """Spec C4."""
    waits(urls, mode)
    caplog.set_level(logging.DEBUG)
    sandbox.modes(helsenorge={"mode": mode, "seconds": 20, "reads": "500"})
    one = letter()

    outcome = send(helsenorge, one)
    with pytest.raises(LookupFailed) as failure:
        helsenorge.lookup(one.reference)

    seen = f"{caplog.text} {outcome!r} {failure.value!r} {failure.value.__cause__!r}"
    assert not [secret for secret in (TEXT, NUMBER, "prøvesvar", "helsenorge-token") if secret in seen]


@pytest.mark.parametrize(
    ("url", "real"), [("https://helsenorge.example", True), ("http://127.0.0.1:8001/helsenorge", False)]
)
def test_only_the_sandbox_is_not_real(urls, url, real):
    urls.GATEWAYS = {"helsenorge": {"URL": url, "TOKEN": "x"}}

    assert gateway_for(EContactProvider.HELSENORGE).is_real is real


@pytest.mark.parametrize(
    ("url", "token", "found"),
    [
        ("", "", []),
        ("https://helsenorge.example", "x", []),
        ("https://helsenorge.example", "", ["notifications.E006"]),
        ("http://helsenorge.example", "x", ["notifications.E005"]),
        ("https://127.0.0.1:8001/helsenorge", "x", ["notifications.E001"]),
    ],
)
def test_production_starts_with_real_gateways_only(settings, url, token, found):
    from notifications.checks import no_sandbox_in_production

    settings.DEBUG, settings.SANDBOX_URL, settings.PUSH_BASE_URL = False, "", ""
    settings.PUBLIC_BASE_URL, settings.TWILIO_BASE_URL = "https://varsel.example", "https://api.twilio.com"
    settings.ANYMAIL = {**settings.ANYMAIL, "MAILGUN_API_URL": "https://api.mailgun.net/v3"}
    settings.GATEWAYS = {"helsenorge": {"URL": url, "TOKEN": token}}

    assert [problem.id for problem in no_sandbox_in_production(None)] == found


@pytest.mark.django_db
def test_an_econtact_goes_all_the_way_to_the_phone(provider, sandbox):
    """Spec I4, I5: one delivered, one refused, one whose answer is lost; each arrives once or is taken back."""
    clinic = econtact_clinic(ClinicFactory(), provider)
    well, refused, lost = people = make_patients(clinic, 3)
    suffixes = {"refuse": refused, "reset-accepted": lost}
    rules = [{"suffix": patient.person.national_number, "mode": mode} for mode, patient in suffixes.items()]
    sandbox.modes(**{provider: {"rules": rules}})
    make_bulk(clinic, people)

    with time_machine.travel(timezone.now(), tick=False) as clock:
        tick(provider)
        unsure = Fate(lost).handover.state
        clock.shift(timedelta(minutes=5))
        tick(provider)

    states = [Fate(patient).handover.state for patient in people]
    assert unsure == HandoverState.UNKNOWN
    assert states == [HandoverState.DELIVERED, HandoverState.REFUSED, HandoverState.DELIVERED]
    assert [Fate(patient).card.state for patient in people] == ["open", "void", "open"]
    assert set(arrived(sandbox)) == {str(Fate(patient).handover.reference) for patient in (well, lost)}
    assert len(arrived(sandbox)) == 2


def test_an_answer_is_taken_once_and_found_by_its_reference(urls, sandbox):
    """The dialogs' address, for DigiCare too; the token is another neighbour's nowhere."""
    gateway, reference, path = gateways.made("digicare"), uuid.uuid4(), "/dialogs/v1/messages"
    recipient = {"system": "local", "value": "L1"}
    body = {"reference": str(reference), "dialog": "D-1", "recipient": recipient, "text": TEXT}
    body |= {"sender": {"id": "7", "name": "Solbakken"}, "sentAt": "2026-11-23T09:00:00+00:00"}

    assert not gateway.has(path, reference)
    assert [gateway.hand_over(path, reference, body).verdict for _ in range(2)] == [Verdict.ACCEPTED] * 2
    assert gateway.has(path, reference)
    (row,) = sandbox.messages(channel="digicare")
    assert (row["to"], row["subject"], row["text"]) == ("L1", "D-1", TEXT)
    assert gateway.ask("GET", "/status") == (200, {"status": "ok"})
