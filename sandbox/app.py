"""Puts the stand-ins together behind one door that only this machine can knock on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from sandbox import control, gateways, mailgun, neighbours, oidc, oidc_page, phone, push, twilio
from sandbox.courier import COURIER, Courier
from sandbox.log import GroundTruth
from sandbox.modes import Modes
from sandbox.twilio_callbacks import last_status
from sandbox.world import WORLD, Settings, World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LARGEST = 64 * 1024 * 1024  # a merged call of 1,000 mails is a few megabytes


@web.middleware
async def only_this_machine(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse another host's name (DNS rebinding) and pages of other sites."""
    if urlsplit(f"//{request.host}").hostname not in LOOPBACK:
        raise web.HTTPForbidden(text="Bare denne maskinen.")
    if request.headers.get("Sec-Fetch-Site") == "cross-site" and request.method != hdrs.METH_GET:
        raise web.HTTPForbidden(text="Ikke fra andre nettsteder.")
    return await handler(request)


async def harden(request: web.Request, response: web.StreamResponse) -> None:
    """Add the headers every page has."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"


def build(settings: Settings, log_path: Path, *, fsync: bool = False, seed: int | None = None) -> web.Application:
    """Return the application with its history read back from the log."""
    app = web.Application(client_max_size=LARGEST, middlewares=[only_this_machine, neighbours.forms])
    log = GroundTruth(log_path, fsync=fsync)
    world = World(settings, log, Modes(seed))
    for message in world.messages:
        if message.channel == "sms" and message.status == "queued":  # its callbacks died with the last process
            message.status, message.code = last_status(message.outcome)
    app[WORLD] = world
    app[neighbours.NEIGHBOURS] = neighbours.Neighbours()
    app[oidc.PROVIDER] = oidc.Provider(*settings.oidc_client, product=settings.callback_url)
    app[COURIER] = Courier(settings.callback_url, log, world.modes.dice)
    for module in (twilio, mailgun, push, gateways, oidc, oidc_page, control, phone, neighbours):
        app.add_routes(module.routes())
    app.on_response_prepare.append(harden)
    app.on_cleanup.append(_close)
    return app


async def _close(app: web.Application) -> None:
    await app[COURIER].close()
    app[WORLD].log.close()
