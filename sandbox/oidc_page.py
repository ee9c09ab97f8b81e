"""The log-in provider's page: which invented person logs in, or what number."""

from __future__ import annotations

from aiohttp import web

from sandbox.oidc import MODES, PROVIDER, asked, remembered
from sandbox.phone import PAGES, POLICY
from sandbox.world import WORLD

SHOWN = 200  # people to pick from


async def pick(request: web.Request) -> web.Response:
    """Show who can log in."""
    provider, world = request.app[PROVIDER], request.app[WORLD]
    if provider.mode == "down":
        return web.Response(status=503)
    wanted = asked(request.query, provider)
    if back := remembered(request, wanted):
        return back
    hidden = {**wanted, "response_type": "code", "code_challenge_method": "S256"}
    people = [card for card in world.people if card.national_number][:SHOWN]
    html = PAGES.get_template("log_in.html").render(
        {"hidden": hidden, "people": people, "mode": MODES[provider.mode], "revision": world.revision}
    )
    # The answer to the form leads to the product, and browsers hold it to form-action too.
    policy = POLICY.replace("form-action 'self'", f"form-action 'self' {provider.product}")
    return web.Response(text=html, content_type="text/html", headers={"Content-Security-Policy": policy})


async def choose_mode(request: web.Request) -> web.Response:
    """Choose the mode from the panel's form."""
    mode = str((await request.post()).get("mode", ""))
    if mode in MODES:
        request.app[PROVIDER].mode = mode
    raise web.HTTPSeeOther("/behaviour")


def routes() -> list[web.RouteDef]:
    """Return the page's addresses."""
    return [web.get("/oidc/authorize", pick), web.post("/oidc/mode", choose_mode)]
