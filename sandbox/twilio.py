"""The SMS gateway: Twilio's Messages resource (create, fetch, list) as its official client uses it."""

from __future__ import annotations

import json
import re
import secrets
import time
from datetime import UTC, datetime
from email.utils import formatdate
from urllib.parse import parse_qsl, urlencode

from aiohttp import hdrs, web

from sandbox import faults
from sandbox.auth import basic
from sandbox.courier import COURIER
from sandbox.twilio_callbacks import calls_for, forged_for, last_status
from sandbox.world import WORLD, Message, World

E164 = re.compile(r"\+[1-9]\d{7,14}")
SENDER = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}|\+[1-9]\d{7,14}")
TOKEN = re.compile(r"/([0-9a-f]{32})/?$")
MAGIC_TO = {
    "+15005550001": "21211",
    "+15005550002": "21612",
    "+15005550003": "21408",
    "+15005550004": "21610",
    "+15005550009": "21614",
}
MAGIC_FROM = {"+15005550001": "21212", "+15005550007": "21606", "+15005550008": "21611"}
TEXTS = {
    "20003": "Authenticate",
    "20404": "The requested resource was not found",
    "20429": "Too Many Requests",
    "20500": "An internal server error has occurred",
    "21211": "Invalid 'To' Phone Number",
    "21602": "Message body is required",
    "21603": "A 'From' phone number is required",
    "21610": "Attempt to send to unsubscribed recipient",
    "21617": "The concatenated message body exceeds the 1600 character limit",
}
OF_STATUS = {401: "20003", 404: "20404", 429: "20429", 500: "20500"}
MESSAGES = "/2010-04-01/Accounts/{account}/Messages.json"


def complaint(status: int, code: str) -> web.Response:
    """Return Twilio's error JSON."""
    code = code or OF_STATUS.get(status, "21211")
    if code == "20429":
        status = 429
    error = {
        "code": int(code),
        "message": TEXTS.get(code, "The request was refused"),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return web.json_response(error, status=status)


async def create(request: web.Request) -> web.StreamResponse:
    """Take a message over, or say why not."""
    world = request.app[WORLD]
    if not _is_ours(request, world):
        return complaint(401, "20003")
    form = dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
    channel = world.modes.of["sms"]
    fault = channel.pick(form.get("To", ""), world.modes.dice)
    await faults.pause(channel)
    message = _message(form, fault.outcome)
    code = _objection(form)
    if code or not fault.accepts:
        world.refuse([message], fault.mode if not code else "refuse")
        return complaint(400, code) if code else await faults.refusal(request, fault, complaint)
    body = json.dumps(resource(message, world)).encode()  # Twilio always answers «queued»
    if channel.callbacks == "none" or not message.callback:
        message.status, message.code = last_status(message.outcome)
    world.accept([message], fault.mode)
    if channel.callbacks != "none" and message.callback:
        request.app[COURIER].deliver(channel, calls_for(message, world.settings), forged_for(message, world.settings))
    return await faults.answered(request, fault, body, complaint)


def _message(form: dict[str, str], outcome: str) -> Message:
    callback = form.get("StatusCallback", "")
    found = TOKEN.search(callback)
    return Message(
        id="SM" + secrets.token_hex(16),
        channel="sms",
        to=form.get("To", ""),
        text=form.get("Body", ""),
        at=time.time(),
        sender=form.get("From", ""),
        token=found[1] if found else "",
        callback=callback,
        status="queued",
        outcome=outcome,
    )


def _objection(form: dict[str, str]) -> str:
    to, sender, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
    validity = form.get("ValidityPeriod", "36000")
    if code := MAGIC_TO.get(to) or MAGIC_FROM.get(sender):
        return code
    if not E164.fullmatch(to):
        return "21211"
    if not sender:
        return "21603"
    if not SENDER.fullmatch(sender):
        return "21212"
    if not body:
        return "21602"
    if len(body) > 1600:
        return "21617"
    return "" if validity.isdecimal() and 1 <= int(validity) <= 36000 else "20001"


async def fetch(request: web.Request) -> web.StreamResponse:
    """Return one message."""
    world = request.app[WORLD]
    if not _is_ours(request, world):
        return complaint(401, "20003")
    message = world.by_id.get(request.match_info["sid"])
    if message is None:
        return complaint(404, "20404")
    body = json.dumps(resource(message, world)).encode()
    return await faults.looked_up(request, world.modes.of["sms"], body, complaint)


async def list_messages(request: web.Request) -> web.StreamResponse:
    """Return a page of messages, newest first, filtered by recipient, sender and day sent."""
    world = request.app[WORLD]
    if not _is_ours(request, world):
        return complaint(401, "20003")
    channel = world.modes.of["sms"]
    found = _filtered(request, world, channel.list_lag)
    size = max(1, min(1000, int(request.query.get("PageSize", "50"))))
    page = max(0, int(request.query.get("Page", "0")))
    rows = [resource(message, world) for message in found[page * size : (page + 1) * size]]

    def uri(number: int) -> str:
        return f"{request.path}?{urlencode({**request.query, 'PageSize': str(size), 'Page': str(number)})}"

    answer = {
        "messages": rows,
        "end": page * size + max(0, len(rows) - 1),
        "first_page_uri": uri(0),
        "next_page_uri": uri(page + 1) if (page + 1) * size < len(found) else None,
        "page": page,
        "page_size": size,
        "previous_page_uri": uri(page - 1) if page else None,
        "start": page * size,
        "uri": uri(page),
    }
    return await faults.looked_up(request, channel, json.dumps(answer).encode(), complaint)


def _filtered(request: web.Request, world: World, lag: float) -> list[Message]:
    query = request.query
    rows = world.sent_to("sms", query["To"]) if "To" in query else world.messages
    newest = time.time() - lag
    found = [row for row in reversed(rows) if row.channel == "sms" and row.at <= newest]
    if "From" in query:
        found = [row for row in found if row.sender == query["From"]]
    if "DateSent>" in query:  # the client spells >= this way: `DateSent>=2026-01-01`
        found = [row for row in found if _day(row) >= query["DateSent>"][:10]]
    if "DateSent<" in query:
        found = [row for row in found if _day(row) <= query["DateSent<"][:10]]
    return found


def _day(message: Message) -> str:
    return datetime.fromtimestamp(message.at, UTC).date().isoformat()


def resource(message: Message, world: World) -> dict[str, object]:
    """Return the message as Twilio shows it."""
    account, created = world.settings.account_sid, formatdate(message.at, usegmt=True).replace("GMT", "+0000")
    uri = f"/2010-04-01/Accounts/{account}/Messages/{message.id}.json"
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": message.text,
        "date_created": created,
        "date_sent": None if message.status == "queued" else created,
        "date_updated": created,
        "direction": "outbound-api",
        "error_code": int(message.code) if message.code else None,
        "error_message": None,
        "from": message.sender,
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": message.id,
        "status": message.status,
        "subresource_uris": {"media": uri.replace(".json", "/Media.json")},
        "to": message.to,
        "uri": uri,
    }


def _is_ours(request: web.Request, world: World) -> bool:
    settings = world.settings
    right = basic(settings.account_sid, settings.auth_token)
    given = request.headers.get(hdrs.AUTHORIZATION, "")
    return secrets.compare_digest(given.encode(), right) and request.match_info["account"] == settings.account_sid


def routes() -> list[web.RouteDef]:
    """Return the gateway's addresses."""
    return [
        web.post(MESSAGES, create),
        web.get(MESSAGES, list_messages),
        web.get("/2010-04-01/Accounts/{account}/Messages/{sid}.json", fetch),
    ]
