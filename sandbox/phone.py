"""«Pasientens telefon»: what each patient got, and a panel for making the outside world misbehave."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
from aiohttp import web

from sandbox import oidc
from sandbox.modes import CALLBACKS, CHANNELS, GATEWAYS, MODES, OUTCOMES, READS
from sandbox.world import WORLD, Message, PersonCard, World

HERE = Path(__file__).parent
PRODUCT_STATIC = HERE.parent / "static"
CHANNEL_NAMES = {
    "sms": "SMS",
    "email": "E-post",
    "push": "Push",
    "helsenorge": "Helsenorge",
    "besoklegen": "Besøklegen",
    "digicare": "DigiCare",
}
STATUS_NAMES = {
    "queued": "i kø",
    "sent": "sendt",
    "accepted": "mottatt",
    "delivered": "levert",
    "undelivered": "ikke levert",
    "failed": "feilet",
    "complained": "meldt som søppelpost",
}
CONTENT_TYPES = {".css": "text/css", ".js": "text/javascript", ".woff2": "font/woff2"}
ASSET = re.compile(r"(app|vendor|sandbox)/[\w./-]+\.(css|js|woff2)")
OSLO = ZoneInfo("Europe/Oslo")
SHOWN = 200  # messages on one phone
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MAIL_POLICY = "sandbox; default-src 'none'; img-src 'self' data:; frame-ancestors 'self'; base-uri 'none'"
PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def oslo(at: float) -> str:
    """Return the time as it stands in Norway."""
    return datetime.fromtimestamp(at, OSLO).strftime("%d.%m.%Y %H:%M:%S")


PAGES.filters["oslo"] = oslo
PAGES.globals.update(channel_names=CHANNEL_NAMES, status_names=STATUS_NAMES)
PAGES.globals.update(mode_names=MODES, callback_names=CALLBACKS, outcome_names=OUTCOMES, read_names=READS)
PAGES.globals.update(gateways=GATEWAYS)


@dataclass
class Phone:
    """One line of the list: a person, or a number or address nobody has claimed."""

    key: str
    name: str
    contacts: tuple[str, ...]
    messages: list[Message] = field(default_factory=list)

    @property
    def newest(self) -> float:
        """When the last message came, 0 for none."""
        return max((message.at for message in self.messages), default=0.0)

    def of(self, channel: str) -> list[Message]:
        """Return the channel's messages, newest first."""
        return sorted((row for row in self.messages if row.channel == channel), key=lambda row: -row.at)[:SHOWN]


def phones(world: World) -> list[Phone]:
    """Return every phone, the one with the newest message first."""
    claimed = {contact.casefold() for card in world.people for contact in (*card.contacts, *card.econtact)}
    found = {card.name: _phone(world, card) for card in world.people}
    for (_, to), rows in world.by_recipient.items():
        if to not in claimed:
            found.setdefault(to, Phone(rows[0].to, rows[0].to, (rows[0].to,))).messages += rows
    return sorted(found.values(), key=lambda phone: (-phone.newest, phone.name))


def _phone(world: World, card: PersonCard) -> Phone:
    ways = [(channel, contact) for contact in card.contacts for channel in CHANNELS if channel not in GATEWAYS]
    ways += [(channel, number) for number in card.econtact for channel in GATEWAYS]
    rows = [row for channel, to in ways for row in world.sent_to(channel, to)]
    return Phone(card.name, card.name, card.contacts, rows)


def page(template: str, context: dict[str, object], status: int = 200) -> web.Response:
    """Return one of the sandbox's pages."""
    html = PAGES.get_template(template).render(context)
    return web.Response(text=html, status=status, content_type="text/html", headers={"Content-Security-Policy": POLICY})


async def index(request: web.Request) -> web.Response:
    """Show the list of phones."""
    world = request.app[WORLD]
    shown = phones(world)
    return page("index.html", {"phones": shown[:500], "total": len(shown), "revision": world.revision})


async def phone(request: web.Request) -> web.Response:
    """Show one phone: SMS, mail, push, and what waits at the e-contact providers."""
    world = request.app[WORLD]
    wanted = request.query.get("to", "")
    for found in phones(world):
        if wanted in (found.key, *found.contacts):
            product = request.app[oidc.PROVIDER].product
            return page("phone.html", {"phone": found, "product": product, "revision": world.revision})
    return page("missing.html", {"wanted": wanted, "revision": world.revision}, status=404)


async def behaviour(request: web.Request) -> web.Response:
    """Show the panel of failure modes."""
    return page("behaviour.html", _panel(request, ""))


async def change_behaviour(request: web.Request) -> web.Response:
    """Change one channel from the panel's form."""
    world = request.app[WORLD]
    form = {name: str(value) for name, value in (await request.post()).items()}
    channel = form.pop("channel", "")
    wanted = {**form, "count": form["count"] or None} if "count" in form else dict(form)
    try:
        world.modes.change({channel: wanted})
    except ValueError as problem:
        return page("behaviour.html", _panel(request, str(problem)), status=422)
    raise web.HTTPSeeOther("/behaviour")


async def reset_behaviour(request: web.Request) -> web.Response:
    """Let every channel behave again."""
    request.app[WORLD].modes.reset()
    request.app[oidc.PROVIDER].mode = "ok"
    raise web.HTTPSeeOther("/behaviour")


def _panel(request: web.Request, problem: str) -> dict[str, object]:
    world, log_in = request.app[WORLD], {"log_in_mode": request.app[oidc.PROVIDER].mode, "log_in_modes": oidc.MODES}
    return {"channels": world.modes.of, "problem": problem, "revision": world.revision, **log_in}


async def mail_html(request: web.Request) -> web.Response:
    """Return a mail's HTML for the frame that can do nothing."""
    message = _mail(request)
    return web.Response(text=message.html, content_type="text/html", headers={"Content-Security-Policy": MAIL_POLICY})


async def mail_file(request: web.Request) -> web.Response:
    """Return an attachment, always as a download."""
    files = _mail(request).files
    number = int(request.match_info["number"])
    if number >= len(files):
        raise web.HTTPNotFound
    name = re.sub(r"[^\w.-]", "_", files[number].name) or "vedlegg"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Type": "text/calendar; charset=utf-8"}
    return web.Response(body=files[number].text.encode(), headers=headers)


def _mail(request: web.Request) -> Message:
    messages, key = request.app[WORLD].messages, int(request.match_info["key"])
    if not 0 < key <= len(messages) or messages[key - 1].channel != "email":
        raise web.HTTPNotFound
    return messages[key - 1]


async def asset(request: web.Request) -> web.Response:
    """Return a style sheet, script or font: the product's own when it is there, and the sandbox's."""
    name = request.match_info["name"]
    if not ASSET.fullmatch(name) or ".." in name:
        raise web.HTTPNotFound
    path = HERE / "assets" / name.removeprefix("sandbox/") if name.startswith("sandbox/") else PRODUCT_STATIC / name
    if not path.is_file():
        raise web.HTTPNotFound
    return web.Response(body=path.read_bytes(), content_type=CONTENT_TYPES[path.suffix])


def routes() -> list[web.RouteDef]:
    """Return the pages' addresses."""
    return [
        web.get("/", index),
        web.get("/phone", phone),
        web.get("/behaviour", behaviour),
        web.post("/behaviour", change_behaviour),
        web.post("/behaviour/reset", reset_behaviour),
        web.get(r"/mail/{key:\d+}/html", mail_html),
        web.get(r"/mail/{key:\d+}/file/{number:\d+}", mail_file),
        web.get("/static/{name:.+}", asset),
    ]
