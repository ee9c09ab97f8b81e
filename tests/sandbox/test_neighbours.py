"""«Naboer»: every button is a call that the product's own check takes for genuine."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import requests

from integrations.signing import Knock
from tests.sandbox.running import Mailroom, Sandbox

SECRET = b"n" * 32
KEY = {"key_id": "nok_1", "secret": "whsec_" + base64.b64encode(SECRET).decode()}
KNOWN = [
    {
        "clinic": "Fjordbyen <legesenter>",
        "keys": {"convene": KEY, "digicare": KEY, "helsenorge": KEY},
        "patients": [{"name": "Kari", "system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": "01810112345"}],
        "practitioners": ["Ellen Strand"],
        "card": {},
    },
    {
        "clinic": "Bryggen",
        "keys": {"besoklegen": KEY, "digicare": {"key_id": "nok_2", "secret": "whsec_"}},
        "patients": [{"name": "Nina", "system": "urn:oid:2.16.578.1.12.4.1.4.2", "value": "41810112345"}],
    },
]
BOOKED = {"neighbour": "digicare", "patient": "01810112345", "practitioner": "Ellen Strand"}
BOOKED |= {"starts": "2027-03-01T09:00", "id": ""}
WRITTEN = {"neighbour": "helsenorge", "patient": "01810112345", "kind": "e_dialog", "subject": "Utslett"}
WRITTEN |= {"text": "Det klør", "dialog": "D-1"}


def test_every_button_calls_the_product_as_the_real_one_would(sandbox: Sandbox, mailroom: Mailroom) -> None:
    empty = sandbox.get("/neighbours").text
    assert "ikke gitt oss noe nøkkelpar" in empty
    assert requests.put(f"{sandbox.url}/neighbours", json=[{"unknown": 1}], timeout=10).status_code == 400
    requests.put(f"{sandbox.url}/neighbours", json=KNOWN, timeout=10)
    page = sandbox.get("/neighbours").text
    assert "Fjordbyen &lt;legesenter&gt;" in page
    assert (page.count("Bestill time"), page.count("Skriv til klinikken"), page.count("Betal på terminalen")) == (
        1,
        2,
        1,
    )

    def press(button: str, files: object = None, **form: str) -> int:
        return requests.post(f"{sandbox.url}/neighbours/{button}", data=form, files=files, timeout=10).status_code

    assert press("pay", card="7", amount="16000", app="yes") == 200
    assert press("book", **BOOKED) == 200
    assert press("book", **BOOKED | {"id": "A-1", "cancel": "1"}) == 200
    assert press("write", **WRITTEN) == 200
    assert press("report", neighbour="helsenorge", what="read", reference="r-1") == 200
    assert press("report", neighbour="besoklegen", dialog="D-9") == 200
    theirs = WRITTEN | {"neighbour": "besoklegen", "patient": "41810112345"}
    assert press("write", {"files": ("arm.jpg", b"JPEG", "image/jpeg")}, **theirs) == 200
    assert press("pay", card="x", amount="1") == 400
    assert press("book", neighbour="noen", id="A", cancel="1") == 400

    calls = mailroom.wait(7)
    bodies = [json.loads(call.body) for call in calls]
    assert [body["type"] for body in bodies] == [
        "payment.completed",
        "appointment.created",
        "appointment.cancelled",
        "message.created",
        "econtact.read",
        "message.read",
        "message.created",
    ]
    assert {call.headers["webhook-key"] for call in calls} == {"nok_1"}
    assert bodies[6]["data"]["patient"] == {"system": "urn:oid:2.16.578.1.12.4.1.4.2", "value": "41810112345"}
    attached = {"name": "arm.jpg", "contentType": "image/jpeg", "content": base64.b64encode(b"JPEG").decode()}
    assert bodies[6]["data"]["attachments"] == [attached]
    assert bodies[1]["data"]["startsAt"] == "2027-03-01T09:00:00+01:00"
    for call in calls:
        knock = Knock.of({name.lower(): value for name, value in call.headers.items()}, call.body)
        assert knock.is_signed_by([SECRET])
        assert knock.is_fresh(datetime.now(UTC))
    assert "payment.completed → 200" in sandbox.get("/neighbours").text
    requests.put(f"{sandbox.url}/neighbours", json=[], timeout=10)
