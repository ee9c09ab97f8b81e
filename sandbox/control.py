"""The JSON API that tests, benchmarks and the demo steer the sandbox by."""

from __future__ import annotations

from aiohttp import web

from sandbox.courier import COURIER
from sandbox.oidc import PROVIDER
from sandbox.world import WORLD, Message, PersonCard


async def show_modes(request: web.Request) -> web.Response:
    """Return every channel's behaviour."""
    return web.json_response(request.app[WORLD].modes.as_json())


async def change_modes(request: web.Request) -> web.Response:
    """Change the named values of the named channels; 400 says what was wrong."""
    modes = request.app[WORLD].modes
    try:
        modes.change(await request.json())
    except (ValueError, AttributeError) as problem:
        return web.json_response({"error": str(problem)}, status=400)
    return web.json_response(modes.as_json())


async def reset_modes(request: web.Request) -> web.Response:
    """Let every channel behave again."""
    request.app[WORLD].modes.reset()
    request.app[PROVIDER].mode = "ok"
    return web.Response(status=204)


async def list_messages(request: web.Request) -> web.Response:
    """List accepted messages, oldest first: ?channel= ?to= ?token= ?limit= (the newest so many)."""
    rows = [row for row in request.app[WORLD].messages if _wanted(row, request)]
    limit = int(request.query.get("limit", "0"))
    return web.json_response({"count": len(rows), "messages": [row.as_json() for row in rows[-limit:]]})


def _wanted(row: Message, request: web.Request) -> bool:
    query = request.query
    if "channel" in query and row.channel != query["channel"]:
        return False
    if "to" in query and row.to.casefold() != query["to"].casefold():
        return False
    return "token" not in query or row.token == query["token"]


async def count_messages(request: web.Request) -> web.Response:
    """Return how many messages each channel took, cheaply."""
    counts: dict[str, int] = {}
    for row in request.app[WORLD].messages:
        counts[row.channel] = counts.get(row.channel, 0) + 1
    return web.json_response({**dict.fromkeys(("sms", "email", "push"), 0), **counts})


async def clear_messages(request: web.Request) -> web.Response:
    """Forget the messages; the file keeps them."""
    request.app[WORLD].clear()
    return web.Response(status=204)


async def show_log(request: web.Request) -> web.Response:
    """Return the ground truth since the last clearing: requests, taken or not, and callbacks."""
    kinds = request.query.getall("kind", [])
    lines = [line for line in request.app[WORLD].log.since_cleared() if not kinds or line.get("kind") in kinds]
    return web.json_response({"lines": lines})


async def introduce(request: web.Request) -> web.Response:
    """Learn whose phones there are: a list of {name, mobile, email, push, econtact}."""
    try:
        request.app[WORLD].introduce([PersonCard(**card) for card in await request.json()])
    except (TypeError, ValueError) as problem:
        return web.json_response({"error": str(problem)}, status=400)
    return web.Response(status=204)


async def pulse(request: web.Request) -> web.Response:
    """Return a number that changes when a message arrives; the phone page asks it."""
    courier = request.app[COURIER]
    callbacks = {"pending": len(courier.tasks), "answered": courier.answered, "lost": courier.lost}
    return web.json_response({"revision": request.app[WORLD].revision, "callbacks": callbacks})


def routes() -> list[web.RouteDef]:
    """Return the API's addresses."""
    return [
        web.get("/modes", show_modes),
        web.put("/modes", change_modes),
        web.delete("/modes", reset_modes),
        web.get("/messages", list_messages),
        web.get("/messages/count", count_messages),
        web.delete("/messages", clear_messages),
        web.get("/log", show_log),
        web.put("/people", introduce),
        web.get("/pulse", pulse),
    ]
