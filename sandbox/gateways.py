"""The gateways of Helsenorge, Besøklegen and DigiCare: take an e-contact or an answer once per reference, say if it is
there, and who of some patients is active.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from dataclasses import dataclass
from uuid import UUID

from aiohttp import hdrs, web

from sandbox import faults
from sandbox.modes import GATEWAYS
from sandbox.world import WORLD, File, Message, World

PROVIDER = f"/{{provider:{'|'.join(GATEWAYS)}}}"
BASE = f"{PROVIDER}/{{kind:econtact|dialogs|appointments}}/v1/messages"
FILE_REFUSED = "attachment_refused"
MOST_ASKED = 1_000  # patients in one question
TEXTS = {
    400: "Bad request",
    401: "Unauthorized",
    404: "Not found",
    422: "Unprocessable",
    429: "Too many requests",
    500: "Internal server error",
}
FIELDS = ("reference", "recipient", "sender", "sentAt")
TITLE = {"econtact": "subject", "dialogs": "dialog", "appointments": "appointment"}
TEXT = {"econtact": "text", "dialogs": "text", "appointments": "status"}
FILE = ("name", "contentType", "content")
HEAVIEST = 16 * 1024 * 1024  # bytes of a message's files together
TYPES = ("application/pdf", "image/jpeg", "image/png", "text/plain")
LONGEST = {"subject": 200, "text": 20_000}  # characters


@dataclass(frozen=True, slots=True)
class Offered:
    """One request's letter, and what is wrong with it if anything."""

    message: Message
    objection: str = ""


def complaint(status: int, code: str) -> web.Response:
    """Return the gateways' error JSON; a refusal for good is a 422 with a code."""
    status = 422 if status == 400 else status
    if status == 422:
        code = code or "unknown_recipient"
    return web.json_response({"code": code, "message": TEXTS[status]}, status=status)


async def take(request: web.Request) -> web.StreamResponse:
    """Take a letter over, or say why not; the same reference again gets the same answer and is taken once."""
    world, provider = request.app[WORLD], request.match_info["provider"]
    if not _is_ours(request, world):
        return complaint(401, "")
    offered = await _offered(request, provider)
    message, channel = offered.message, world.modes.of[provider]
    fault = channel.pick(message.to, world.modes.dice)
    await faults.pause(channel)
    known = _known(world, provider, message.id)
    objection = offered.objection or _conflict(known, message)
    if objection or not fault.accepts:
        world.refuse([message], "refuse" if objection else fault.mode)
        return complaint(422, objection) if objection else await faults.refusal(request, fault, complaint)
    if known:
        world.refuse([message], "repeated")
    else:
        message.status = "delivered"
        world.accept([message], fault.mode)
    return await faults.answered(request, fault, json.dumps(_resource(known or message)).encode(), complaint)


async def fetch(request: web.Request) -> web.StreamResponse:
    """Say whether the reference has been taken; a new one may stay out of sight for `list_lag` seconds."""
    world, provider = request.app[WORLD], request.match_info["provider"]
    if not _is_ours(request, world):
        return complaint(401, "")
    channel = world.modes.of[provider]
    found = _known(world, provider, request.match_info["reference"])
    if found and found.at <= time.time() - channel.list_lag:
        return await faults.looked_up(request, channel, json.dumps(_resource(found)).encode(), complaint)
    if channel.reads != "ok":
        return await faults.looked_up(request, channel, b"{}", complaint)
    await faults.pause(channel)
    return complaint(404, "unknown_reference")


async def _offered(request: web.Request, provider: str) -> Offered:
    try:
        body = json.loads(await request.read())
        given = {name: body[name] for name in FIELDS}
        kind = request.match_info["kind"]
        message = Message(
            id=str(given["reference"]),
            channel=provider,
            to=str(given["recipient"]["value"]),
            text=str(body[TEXT[kind]]),
            at=time.time(),
            sender=str(given["sender"]["name"]),
            subject=str(body[TITLE[kind]]),
            kind=kind,
            files=[File(*(str(one[name]) for name in FILE)) for one in body.get("attachments", ())],
            token=str(given["reference"]),
        )
        return Offered(message, _objection(request, message, given["recipient"]))
    except (ValueError, KeyError, TypeError):
        return Offered(Message("", provider, "", "", time.time()), "malformed")


def _objection(request: web.Request, message: Message, recipient: dict[str, object]) -> str:
    if request.headers.get("Idempotency-Key") != str(UUID(message.id)):
        return "wrong_idempotency_key"
    if not message.to or not recipient["system"]:
        return "unknown_recipient"
    if not message.text or not message.subject:
        return "empty"
    if any(len(getattr(message, name)) > longest for name, longest in LONGEST.items()):
        return "too_long"
    return "" if all(_can_be_read(one) for one in message.files) and _weigh(message) <= HEAVIEST else FILE_REFUSED


def _can_be_read(file: File) -> bool:
    try:
        return bool(base64.b64decode(file.text, validate=True)) and file.content_type in TYPES
    except ValueError:
        return False


def _weigh(message: Message) -> int:
    return sum(len(file.text) * 3 // 4 for file in message.files)


def _conflict(known: Message | None, message: Message) -> str:
    return "" if known is None or _said(known) == _said(message) else "reference_reused"


def _said(message: Message) -> tuple[object, ...]:
    return message.to, message.subject, message.text, message.files


def _known(world: World, provider: str, reference: str) -> Message | None:
    found = world.by_id.get(reference)
    return found if found and found.channel == provider else None


def _resource(message: Message) -> dict[str, str]:
    return {"reference": message.id, "status": "delivered"}


def _is_ours(request: web.Request, world: World) -> bool:
    given = request.headers.get(hdrs.AUTHORIZATION, "")
    right = f"Bearer {world.settings.gateway_tokens[request.match_info['provider']]}"
    return right != "Bearer " and secrets.compare_digest(given.encode(), right.encode())


async def active(request: web.Request) -> web.StreamResponse:
    """Say which of the patients use the service; who the sandbox was told of by /people does when that says so."""
    world, provider = request.app[WORLD], request.match_info["provider"]
    if not _is_ours(request, world):
        return complaint(401, "")
    try:
        asked = [str(one["value"]) for one in (await request.json())["recipients"]]
    except (ValueError, KeyError, TypeError):
        return complaint(422, "malformed")
    if len(asked) > MOST_ASKED:
        return complaint(422, "too_many")
    known = {number for card in world.people if card.is_active for number in card.econtact}
    body = json.dumps({"active": [number for number in asked if number in known]}).encode()
    return await faults.looked_up(request, world.modes.of[provider], body, complaint)


async def status(request: web.Request) -> web.StreamResponse:
    """Say that the door is open and the token right."""
    world = request.app[WORLD]
    if not _is_ours(request, world):
        return complaint(401, "")
    return await faults.looked_up(
        request, world.modes.of[request.match_info["provider"]], b'{"status": "ok"}', complaint
    )


def routes() -> list[web.RouteDef]:
    """Return the gateways' addresses."""
    return [
        web.post(BASE, take),
        web.get(f"{BASE}/{{reference}}", fetch),
        web.post(f"{PROVIDER}/econtact/v1/active", active),
        web.get(f"{PROVIDER}/status", status),
    ]
