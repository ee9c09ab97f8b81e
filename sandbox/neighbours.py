"""«Naboer»: book from DigiCare, write from Helsenorge, pay at Convene's terminal; signed as the real ones would."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from aiohttp import web

from sandbox.phone import OSLO, page
from sandbox.world import WORLD

TIMEOUT = aiohttp.ClientTimeout(total=10)
NAMES = {"helsenorge": "Helsenorge", "digicare": "DigiCare", "besoklegen": "Besøklegen", "convene": "Convene"}
KINDS = {
    "e_dialog": "E-dialog",
    "e_consultation": "E-konsultasjon",
    "prescription": "Reseptforespørsel",
    "invoice_question": "Fakturaspørsmål",
}
SORTS = {"econtact": "e-kontakt", "dialogs": "svar i dialog", "appointments": "endret time"}
REPORTS = {"delivered": "Levert", "read": "Lest", "refused": "Avvis"}
SHOWN = 10


@dataclass
class Clinic:
    """One of the product's clinics as its neighbours know it: key pairs, and whom and what to name."""

    clinic: str
    keys: dict[str, dict[str, str]]  # by neighbour: key_id and secret
    patients: list[dict[str, str]] = field(default_factory=list)  # name, system, value
    practitioners: list[str] = field(default_factory=list)
    card: dict[str, int] = field(default_factory=dict)  # number and amount in øre of one that is unpaid

    def those(self, *names: str) -> list[str]:
        """Keep the neighbours that the clinic has a key pair with."""
        return [name for name in names if name in self.keys]


@dataclass
class Neighbours:
    """What the product has told us. A clinic has one e-contact provider: it takes two to have all four neighbours."""

    clinics: list[Clinic] = field(default_factory=list)
    told: list[dict[str, str]] = field(default_factory=list)  # the latest calls, newest first

    @classmethod
    def of(cls, clinics: list[dict[str, Any]]) -> Neighbours:
        """Read what PUT /neighbours brings: each neighbour plays for the first with a key pair. Raises TypeError."""
        found = cls([Clinic(**one) for one in clinics])
        taken: set[str] = set()
        for clinic in found.clinics:
            clinic.keys = {name: key for name, key in clinic.keys.items() if name not in taken}
            taken |= clinic.keys.keys()
        return found

    def with_key(self, neighbour: str) -> Clinic | None:
        """Return the clinic that the neighbour plays for."""
        return next((one for one in self.clinics if neighbour in one.keys), None)


NEIGHBOURS = web.AppKey("neighbours", Neighbours)


def signed(key: Mapping[str, str], event_id: str, body: bytes) -> dict[str, str]:
    """Return the headers of Standard Webhooks, and whose key it is."""
    stamp = str(int(time.time()))
    raw = base64.b64decode(key["secret"].removeprefix("whsec_"))
    digest = hmac.new(raw, f"{event_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "webhook-key": key["key_id"],
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


async def tell(request: web.Request, neighbour: str, type_: str, data: Mapping[str, Any]) -> None:
    """Call the product, and remember what it answered."""
    known = request.app[NEIGHBOURS]
    clinic = known.with_key(neighbour)
    if clinic is None:
        raise web.HTTPConflict(text=f"Produktet har ikke gitt oss noe nøkkelpar for {NAMES[neighbour]}.")
    body = json.dumps({"type": type_, "data": data}).encode()
    url = f"{request.app[WORLD].settings.callback_url}/api/naboer/{neighbour}/v1/events"
    headers = signed(clinic.keys[neighbour], f"evt_{secrets.token_hex(12)}", body)
    try:
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT) as session,
            session.post(url, data=body, headers=headers) as got,
        ):
            answer = f"{got.status} {(await got.text())[:200]}"
    except (aiohttp.ClientError, TimeoutError) as problem:
        answer = type(problem).__name__
    known.told = [{"who": NAMES[neighbour], "type": type_, "answer": answer}, *known.told][:SHOWN]


async def show(request: web.Request) -> web.Response:
    """Show the buttons and what was answered."""
    known, world = request.app[NEIGHBOURS], request.app[WORLD]
    letters = [row for row in world.messages if row.channel in NAMES and known.with_key(row.channel)]
    starts = (datetime.now(OSLO) + timedelta(days=3)).replace(hour=10, minute=0).strftime("%Y-%m-%dT%H:%M")
    context = {"known": known, "letters": letters[-SHOWN:][::-1], "starts": starts, "names": NAMES, "kinds": KINDS}
    return page("neighbours.html", {**context, "reports": REPORTS, "sorts": SORTS, "revision": world.revision})


async def book(request: web.Request) -> web.Response:
    """Book an appointment at DigiCare or Helsenorge, or call it off there."""
    form = await request.post()
    neighbour, number = str(form["neighbour"]), str(form.get("id", ""))
    version = int(time.time() * 10) % 1_000_000_000  # rises with every press
    if form.get("cancel"):
        await tell(request, neighbour, "appointment.cancelled", {"id": number, "version": version, "by": "patient"})
    else:
        starts = datetime.fromisoformat(str(form["starts"])).replace(tzinfo=OSLO)
        data = {
            "id": number or f"A-{secrets.token_hex(4)}",
            "version": version,
            "patient": patient(request, neighbour, str(form["patient"])),
            "practitioner": {"name": str(form["practitioner"])},
            "startsAt": starts.isoformat(),
            "endsAt": (starts + timedelta(minutes=20)).isoformat(),
            "by": "patient",
        }
        await tell(request, neighbour, "appointment.created", data)
    raise web.HTTPSeeOther("/neighbours")


async def write(request: web.Request) -> web.Response:
    """Write to the clinic as a patient at the neighbour."""
    form = await request.post()
    neighbour = str(form["neighbour"])
    dialog = {"id": str(form["dialog"]) or f"D-{secrets.token_hex(4)}", "kind": str(form["kind"])}
    data: dict[str, Any] = {
        "id": f"M-{secrets.token_hex(6)}",
        "dialog": {**dialog, "subject": str(form["subject"]) or "Uten emne"},
        "patient": patient(request, neighbour, str(form["patient"])),
        "text": str(form["text"]) or "Hei",
    }
    if files := [attached(one) for one in form.getall("files", []) if isinstance(one, web.FileField)]:
        data["attachments"] = files
    await tell(request, neighbour, "message.created", data)
    raise web.HTTPSeeOther("/neighbours")


def attached(file: web.FileField) -> dict[str, str]:
    """Return a file as the contract writes it."""
    content = base64.b64encode(file.file.read()).decode()
    return {"name": file.filename[:200], "contentType": file.content_type[:100], "content": content}


async def pay(request: web.Request) -> web.Response:
    """Pay at the terminal and press JA or NEI."""
    form = await request.post()
    data = {
        "card": int(str(form["card"])),
        "amountOre": int(str(form["amount"])),
        "reference": f"T-{secrets.token_hex(6)}",
        "appInvitation": "yes" if form.get("app") == "yes" else "no",
    }
    await tell(request, "convene", "payment.completed", data)
    raise web.HTTPSeeOther("/neighbours")


async def report(request: web.Request) -> web.Response:
    """Tell what became of an e-contact, or that an answer has been read."""
    form = await request.post()
    neighbour = str(form["neighbour"])
    if dialog := str(form.get("dialog", "")):
        await tell(request, neighbour, "message.read", {"dialog": dialog})
    else:
        await tell(request, neighbour, f"econtact.{form['what']!s}", {"reference": str(form["reference"])})
    raise web.HTTPSeeOther("/neighbours")


def patient(request: web.Request, neighbour: str, value: str) -> dict[str, str]:
    """Name the patient as the product told us."""
    clinic = request.app[NEIGHBOURS].with_key(neighbour)
    known = {row["value"]: row["system"] for row in clinic.patients} if clinic else {}
    return {"system": known.get(value, "local"), "value": value}


async def introduce(request: web.Request) -> web.Response:
    """Learn the key pairs of clinics, and whom and what to name."""
    try:
        request.app[NEIGHBOURS].__dict__.update(vars(Neighbours.of(await request.json())))
    except (TypeError, ValueError) as problem:
        return web.json_response({"error": str(problem)}, status=400)
    return web.Response(status=204)


@web.middleware
async def forms(request: web.Request, handler: Any) -> web.StreamResponse:
    """Answer a form that lacks a field, or has a wrong number in it, with 400."""
    try:
        found: web.StreamResponse = await handler(request)
    except (KeyError, ValueError) as problem:
        if not request.path.startswith("/neighbours"):
            raise
        raise web.HTTPBadRequest(text=f"Skjemaet mangler noe: {problem}") from None
    return found


def routes() -> list[web.RouteDef]:
    """Return the page's addresses."""
    return [
        web.get("/neighbours", show),
        web.put("/neighbours", introduce),
        web.post("/neighbours/book", book),
        web.post("/neighbours/write", write),
        web.post("/neighbours/pay", pay),
        web.post("/neighbours/report", report),
    ]
