"""The e-contact gateways' stand-in: once a reference, and shown on the phone (spec I4, I5)."""

from __future__ import annotations

import json
import os
import signal
import uuid
from pathlib import Path

import pytest
import requests

from tests.sandbox.running import Mailroom, Sandbox

PROVIDERS = ["helsenorge", "besoklegen"]
NAMES = {"helsenorge": "Helsenorge", "besoklegen": "Besøklegen"}


def offer(sandbox: Sandbox, provider: str = "helsenorge", token: str = "", **more: object) -> requests.Response:
    """Offer a letter as any HTTP client would."""
    reference, kind = str(more.pop("reference", uuid.uuid4())), more.pop("kind", "econtact")
    body = {
        "reference": reference,
        "recipient": {"system": "local", "value": "L1"},
        "subject": "Kontroll",
        "text": "Kom til kontroll",
        "sender": {"id": "7", "name": "Solbakken"},
        "sentAt": "2026-11-23T09:00:00+00:00",
        **more,
    }
    token = token or os.environ[f"{provider.upper()}_GATEWAY_TOKEN"]
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(body["reference"])}
    return requests.post(f"{sandbox.url}/{provider}/{kind}/v1/messages", json=body, headers=headers, timeout=10)


def fetch(sandbox: Sandbox, reference: object, provider: str = "helsenorge") -> requests.Response:
    """Ask about a reference."""
    headers = {"Authorization": f"Bearer {os.environ[f'{provider.upper()}_GATEWAY_TOKEN']}"}
    return requests.get(f"{sandbox.url}/{provider}/econtact/v1/messages/{reference}", headers=headers, timeout=10)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_letter_is_taken_and_found_by_its_reference(sandbox: Sandbox, provider: str) -> None:
    reference = uuid.uuid4()

    answer = offer(sandbox, provider, reference=reference)

    assert (answer.status_code, answer.json()) == (201, {"reference": str(reference), "status": "delivered"})
    assert fetch(sandbox, reference, provider).json() == answer.json()


def test_the_providers_are_two(sandbox: Sandbox) -> None:
    reference = uuid.uuid4()
    offer(sandbox, "helsenorge", reference=reference)

    assert fetch(sandbox, reference, "besoklegen").status_code == 404
    assert offer(sandbox, "besoklegen", token=os.environ["HELSENORGE_GATEWAY_TOKEN"]).status_code == 401


def test_a_reference_is_taken_once(sandbox: Sandbox) -> None:
    reference = uuid.uuid4()

    answers = [offer(sandbox, reference=reference) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {201}
    assert len(sandbox.messages(channel="helsenorge")) == 1
    assert [line["accepted"] for line in sandbox.log()] == [True, False, False]


def test_a_reference_with_another_text_is_refused(sandbox: Sandbox) -> None:
    reference = uuid.uuid4()
    offer(sandbox, reference=reference)

    again = offer(sandbox, reference=reference, text="Noe annet")

    assert (again.status_code, again.json()["code"]) == (422, "reference_reused")
    assert sandbox.messages()[0]["text"] == "Kom til kontroll"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"recipient": {"system": "local", "value": ""}}, "unknown_recipient"),
        ({"recipient": "L1"}, "malformed"),
        ({"text": ""}, "empty"),
        ({"subject": "x" * 201}, "too_long"),
        ({"reference": "not-a-uuid"}, "malformed"),
        ({"sender": {}}, "malformed"),
    ],
)
def test_what_cannot_be_delivered_is_refused(sandbox: Sandbox, wrong: dict[str, object], code: str) -> None:
    answer = offer(sandbox, **wrong)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert sandbox.messages() == []


def test_an_answers_files_are_taken_with_it_or_it_is_refused(sandbox: Sandbox) -> None:
    """The page shows them by name; the same reference with another file is another answer."""
    file = {"name": "råd.txt", "contentType": "text/plain", "content": "SGVp"}
    reference = uuid.uuid4()

    def answer(*files: dict[str, str], reference: uuid.UUID) -> requests.Response:
        said = {"dialog": "D-1", "attachments": files}
        return offer(sandbox, reference=reference, kind="dialogs", **said)

    assert [answer(file, reference=reference).status_code for _ in range(2)] == [201, 201]
    assert answer(reference=reference).json()["code"] == "reference_reused"
    for wrong in ({"contentType": "text/html"}, {"content": "?"}, {"content": ""}):
        assert answer(file | wrong, reference=uuid.uuid4()).json()["code"] == "attachment_refused"
    [taken] = sandbox.messages(channel="helsenorge")
    assert (taken["kind"], taken["files"]) == (
        "dialogs",
        [{"name": "råd.txt", "content_type": "text/plain", "text": "SGVp"}],
    )


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_modes_are_the_providers_own(sandbox: Sandbox, provider: str) -> None:
    other = next(name for name in PROVIDERS if name != provider)
    sandbox.modes(**{provider: {"mode": "500"}})

    assert [offer(sandbox, name).status_code for name in (provider, other)] == [500, 201]


def test_a_new_letter_can_stay_out_of_sight(sandbox: Sandbox) -> None:
    reference = uuid.uuid4()
    sandbox.modes(helsenorge={"list_lag": 60})

    offer(sandbox, reference=reference)

    assert fetch(sandbox, reference).status_code == 404


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_phone_shows_the_letter_and_hides_the_number(sandbox: Sandbox, provider: str) -> None:
    number = "01810112345"
    card = {"name": "Kari Nordmann", "mobile": "+4742000001", "email": "", "econtact": [number]}
    requests.put(sandbox.url + "/people", json=[card], timeout=10)
    sandbox.twilio("+4742000001", "En SMS")

    offer(sandbox, provider, recipient={"system": "x", "value": number}, text="<b>Kom</b>")

    page, index = sandbox.get("/phone", to="+4742000001").text, sandbox.get("/").text
    assert f'id="h-{provider}">{NAMES[provider]}</h2>' in page
    assert "&lt;b&gt;Kom&lt;/b&gt;" in page
    assert "En SMS" in page
    assert number not in page + index


def test_the_panel_offers_both_gateways_with_their_look_ups(sandbox: Sandbox) -> None:
    page = sandbox.get("/behaviour").text

    assert all(f'id="{name}-mode"' in page and f'id="{name}-reads"' in page for name in PROVIDERS)
    form = {"channel": "besoklegen", "mode": "refuse", "reads": "500", "outcome": "delivered", "code": "blocked"}
    requests.post(sandbox.url + "/behaviour", data=form, timeout=10)

    assert sandbox.get("/modes").json()["besoklegen"]["reads"] == "500"
    assert offer(sandbox, "besoklegen").json()["code"] == "blocked"


def test_a_restart_remembers_what_was_taken(tmp_path: Path, mailroom: Mailroom) -> None:
    reference = uuid.uuid4()
    sandbox = Sandbox(tmp_path / "log.jsonl", mailroom.url).start()
    try:
        offer(sandbox, reference=reference)
        sandbox.stop(signal.SIGKILL)
        sandbox.start()

        offer(sandbox, reference=reference)

        assert fetch(sandbox, reference).ok
        assert sandbox.messages()[0]["subject"] == "Kontroll"
        lines = [json.loads(line) for line in sandbox.log_path.read_text().splitlines()]
        assert [line["accepted"] for line in lines if line["kind"] == "request"] == [True, False]
    finally:
        sandbox.stop()
