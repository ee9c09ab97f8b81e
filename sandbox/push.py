"""The push service: checks VAPID and TTL, decrypts as the browser would, forgets removed subscriptions."""

from __future__ import annotations

import base64
import json
import secrets
import time

import http_ece  # type: ignore[import-untyped]
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from sandbox import faults
from sandbox.world import WORLD, Message, Subscription

DAY = 86_400  # seconds; RFC 8292 lets a VAPID token live no longer
CURVE = ec.SECP256R1()


def encoded(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decoded(text: str) -> bytes:
    """Return the bytes of base64url with or without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def complaint(status: int, code: str) -> web.Response:
    """Return an error as push services word it."""
    return web.json_response({"code": status, "message": code or "refused"}, status=status)


async def subscribe(request: web.Request) -> web.Response:
    """Make a subscription, as a browser does when the person allows push; `owner` says whose phone shows it."""
    wanted = await request.json() if request.can_read_body else {}
    key = ec.generate_private_key(CURVE)
    public = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    subscription = Subscription(
        id=secrets.token_urlsafe(16),
        owner=str(wanted.get("owner", "")),
        private_key=encoded(key.private_numbers().private_value.to_bytes(32, "big")),
        p256dh=encoded(public),
        auth=encoded(secrets.token_bytes(16)),
    )
    request.app[WORLD].subscribe(subscription)
    return web.json_response(_shown(request, subscription), status=201)


async def list_subscriptions(request: web.Request) -> web.Response:
    """List the subscriptions that still stand."""
    standing = [row for row in request.app[WORLD].subscriptions.values() if not row.gone]
    return web.json_response({"subscriptions": [_shown(request, row) for row in standing]})


async def unsubscribe(request: web.Request) -> web.Response:
    """Remove a subscription, as when the app is uninstalled: the next push gets 410."""
    world = request.app[WORLD]
    subscription = world.subscriptions.get(request.match_info["subscription"])
    if subscription is None:
        return complaint(404, "unknown subscription")
    subscription.gone = True
    world.subscribe(subscription)
    return web.Response(status=204)


def _shown(request: web.Request, row: Subscription) -> dict[str, object]:
    endpoint = str(request.url.with_path(f"/push/{row.id}").with_query(None))
    keys = {"p256dh": row.p256dh, "auth": row.auth}
    return {"id": row.id, "owner": row.owner, "endpoint": endpoint, "keys": keys, **keys}


async def deliver(request: web.Request) -> web.StreamResponse:
    """Take a push message over and show it on the phone."""
    world = request.app[WORLD]
    subscription = world.subscriptions.get(request.match_info["subscription"])
    if subscription is None or subscription.gone:
        return complaint(404 if subscription is None else 410, "gone")
    origin = f"{request.url.scheme}://{request.url.authority}"
    if objection := vapid_objection(request.headers.get("Authorization", ""), origin):
        return complaint(401, objection)
    if not request.headers.get("TTL", "").isdecimal():
        return complaint(400, "TTL is missing")
    channel = world.modes.of["push"]
    fault = channel.pick(subscription.owner, world.modes.dice)
    await faults.pause(channel)
    try:
        text = decrypted(subscription, await request.read())
    except (http_ece.ECEException, ValueError):
        return complaint(400, "the payload cannot be decrypted")
    shown, link = read(text)
    owner = subscription.owner or subscription.id
    message = Message(secrets.token_urlsafe(12), "push", owner, shown, time.time(), link=link)
    if not fault.accepts:
        world.refuse([message], fault.mode)
        return await faults.refusal(request, fault, complaint)
    message.status = "delivered"
    world.accept([message], fault.mode)
    answer = await faults.answered(request, fault, b"{}", complaint)
    if not answer.prepared:
        answer.headers["Location"] = str(request.url.with_path(f"/push/message/{message.id}"))
    return answer


def decrypted(subscription: Subscription, body: bytes) -> str:
    """Decrypt aes128gcm with the subscription's keys (RFC 8291)."""
    key = ec.derive_private_key(int.from_bytes(decoded(subscription.private_key), "big"), CURVE)
    auth = decoded(subscription.auth)
    return str(http_ece.decrypt(body, private_key=key, auth_secret=auth, version="aes128gcm").decode())


def read(payload: str) -> tuple[str, str]:
    """Return the text and the link's token, as the app's worker reads them; anything else is shown as it is."""
    try:
        told = json.loads(payload)
        return str(told["text"]), str(told["token"])
    except (ValueError, TypeError, KeyError):
        return payload, ""


def vapid_objection(header: str, origin: str) -> str:
    """Say what is wrong with the Authorization header (RFC 8292), or nothing."""
    scheme, _, rest = header.partition(" ")
    given = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    if scheme.lower() != "vapid" or not {"t", "k"} <= set(given):
        return "VAPID is missing"
    try:
        head, claims, signature = given["t"].split(".")
        wanted = json.loads(decoded(claims))
        raw = decoded(signature)
        key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decoded(given["k"]))
        numbers = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        key.verify(numbers, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    except (ValueError, InvalidSignature):
        return "the VAPID signature is wrong"
    if wanted.get("aud") != origin:
        return "the VAPID audience is another"
    now = time.time()
    return "" if now < float(wanted.get("exp", 0)) <= now + DAY and wanted.get("sub") else "the VAPID claims are wrong"


def routes() -> list[web.RouteDef]:
    """Return the push service's addresses; the fixed ones first."""
    return [
        web.post("/push/subscriptions", subscribe),
        web.get("/push/subscriptions", list_subscriptions),
        web.delete("/push/subscriptions/{subscription}", unsubscribe),
        web.post("/push/{subscription}", deliver),
    ]
