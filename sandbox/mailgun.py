"""The mail API: Mailgun's messages and events as Anymail and a look-up use them."""

from __future__ import annotations

import json
import re
import secrets
import time
from dataclasses import dataclass, field
from email.utils import getaddresses
from functools import cached_property
from urllib.parse import parse_qsl, urlencode

from aiohttp import hdrs, web

from sandbox import faults
from sandbox.auth import basic
from sandbox.courier import COURIER
from sandbox.mailgun_events import calls_for, forged_for, story
from sandbox.world import WORLD, File, Message, World

BATCH = 1000
ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+|[^@\s]+@localhost")
VARIABLE = re.compile(r"%(recipient(?:[.][\w:.-]+)?|recipient_email|unsubscribe_url|unsubscribe_email)%", re.IGNORECASE)


@dataclass
class Order:
    """One API call: every field with all its values, and the files."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)

    def one(self, name: str) -> str:
        """Return the field's first value, or nothing."""
        return self.fields.get(name, [""])[0]

    @cached_property
    def recipients(self) -> list[str]:
        """The bare addresses in To."""
        return [address for _, address in getaddresses(self.fields.get("to", []))]

    @cached_property
    def variables(self) -> dict[str, dict[str, object]]:
        """What differs from recipient to recipient."""
        given: dict[str, dict[str, object]] = json.loads(self.one("recipient-variables") or "{}")
        return given


def complaint(status: int, code: str) -> web.Response:
    """Return Mailgun's error JSON."""
    texts = {401: "Invalid private key", 429: "Too many requests", 500: "Internal Server Error"}
    text = texts.get(status, code or "'to' parameter is not a valid address. please check documentation")
    return web.json_response({"message": text}, status=status)


async def send(request: web.Request) -> web.StreamResponse:
    """Take a mail or a batch of up to 1,000 over, or say why not."""
    world = request.app[WORLD]
    if not _is_ours(request, world):
        return complaint(401, "")
    order = await _order(request)
    channel = world.modes.of["email"]
    fault = channel.pick(order.recipients[0] if len(order.recipients) == 1 else "", world.modes.dice)
    await faults.pause(channel)
    batch = [_message(order, to, request.match_info["domain"]) for to in order.recipients]
    outcomes = {to: channel.outcome_for(to) for to in order.recipients}
    objection = _objection(order) or ("refused" if any(rule is None for rule in outcomes.values()) else "")
    if objection or not fault.accepts:
        world.refuse(batch, "refuse" if objection else fault.mode)
        return complaint(400, objection) if objection else await faults.refusal(request, fault, complaint)
    provider_id = f"<{secrets.token_hex(12)}@{request.match_info['domain']}>"
    for message in batch:
        message.id, message.outcome = provider_id, outcomes[message.to] or "delivered"
        message.events = story(message)
        message.status = str(message.events[-1]["event"])
    world.accept(batch, fault.mode)
    _report(request, world, batch)
    body = json.dumps({"id": provider_id, "message": "Queued. Thank you."}).encode()
    return await faults.answered(request, fault, body, complaint)


def _report(request: web.Request, world: World, batch: list[Message]) -> None:
    channel = world.modes.of["email"]
    if channel.callbacks == "none":
        return
    for message in batch:
        request.app[COURIER].deliver(channel, calls_for(message, world.settings), forged_for(message, world.settings))


async def _order(request: web.Request) -> Order:
    if request.content_type != "multipart/form-data":
        order = Order()
        for name, value in parse_qsl((await request.read()).decode(), keep_blank_values=True):
            order.fields.setdefault(name, []).append(value)
        return order
    order = Order()
    for name, part in (await request.post()).items():
        if isinstance(part, web.FileField):
            text = part.file.read().decode("utf-8", "replace")
            order.files.append(File(part.filename, part.headers.get(hdrs.CONTENT_TYPE, part.content_type), text))
        else:
            order.fields.setdefault(name, []).append(str(part))
    return order


def _objection(order: Order) -> str:
    if not order.one("from"):
        return "'from' parameter is missing"
    if not order.recipients:
        return "'to' parameter is missing"
    if len(order.recipients) > BATCH:
        return f"too many recipients: at most {BATCH}"
    for address in order.recipients:
        if not ADDRESS.fullmatch(address):
            return "'to' parameter is not a valid address. please check documentation"
    if not order.one("text") and not order.one("html"):
        return "Need at least one of 'text' or 'html' parameters specified"
    return ""


def _message(order: Order, to: str, domain: str) -> Message:
    variables = _variables(order, to)
    return Message(
        id="",
        channel="email",
        to=to,
        text=_expanded(order.one("text"), variables),
        at=time.time(),
        sender=_expanded(order.one("from"), variables),
        subject=_expanded(order.one("subject"), variables),
        html=_expanded(order.one("html"), variables),
        token=_expanded(order.one("v:attempt"), variables),
        callback=domain,
        files=order.files,
    )


def _variables(order: Order, to: str) -> dict[str, str]:
    fixed = {"recipient": to, "recipient_email": to, "unsubscribe_url": "https://unsubscribe.example/"}
    return fixed | {f"recipient.{name}": str(value) for name, value in order.variables.get(to, {}).items()}


def _expanded(text: str, variables: dict[str, str]) -> str:
    """Put variables in, and in what they brought: the most a provider could do with a text that looks like one."""
    for _ in range(3):
        if "%" not in text:
            break
        text = VARIABLE.sub(lambda found: variables.get(found[1], found[0]), text)
    return text


async def events(request: web.Request) -> web.StreamResponse:
    """List events by recipient, time and kind, oldest or newest first, page by page."""
    world = request.app[WORLD]
    if not _is_ours(request, world):
        return complaint(401, "")
    query = request.query
    now, channel = time.time(), world.modes.of["email"]
    begin, end = float(query.get("begin", "0")), min(float(query.get("end", now)), now - channel.list_lag)
    kinds = set(query["event"].split(" OR ")) if "event" in query else None
    rows = world.sent_to("email", query["recipient"]) if "recipient" in query else world.messages
    found = [event for row in rows for event in row.events if _fits(event, begin, end, kinds)]
    found.sort(key=lambda event: float(str(event["timestamp"])), reverse=query.get("ascending", "no") != "yes")
    start, limit = int(query.get("page", "0")), min(300, int(query.get("limit", "100")))
    onward = urlencode({**query, "page": str(start + limit)})
    answer = {"items": found[start : start + limit], "paging": {"next": f"{request.url.with_query(onward)}"}}
    return await faults.looked_up(request, channel, json.dumps(answer).encode(), complaint)


def _fits(event: dict[str, object], begin: float, end: float, kinds: set[str] | None) -> bool:
    return begin <= float(str(event["timestamp"])) <= end and (kinds is None or event["event"] in kinds)


def _is_ours(request: web.Request, world: World) -> bool:
    given = request.headers.get(hdrs.AUTHORIZATION, "")
    return secrets.compare_digest(given.encode(), basic("api", world.settings.mailgun_key))


def routes() -> list[web.RouteDef]:
    """Return the mail API's addresses."""
    return [web.post("/v3/{domain}/messages", send), web.get("/v3/{domain}/events", events)]
