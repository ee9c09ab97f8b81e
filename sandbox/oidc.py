"""The log-in provider: a page to pick an invented person, and a mode for every token that must not be believed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import BasicAuth, web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

HIGH, LOW = "idporten-loa-high", "idporten-loa-substantial"
CODE_LASTS = 60  # seconds
SIGNED_ON = "sandkasse-innlogget"  # the cookie of a browser that has logged in
HOURS = 3600
ASKED = ("client_id", "redirect_uri", "state", "nonce", "code_challenge", "scope", "acr_values")

Claims = dict[str, Any]

# What each mode does to the claims of an otherwise good token.
CLAIM_MODES: dict[str, tuple[str, Callable[[Claims], Claims]]] = {
    "wrong-audience": ("Laget for en annen", lambda claims: claims | {"aud": "en-annen"}),
    "two-audiences": ("Laget for flere", lambda claims: claims | {"aud": [claims["aud"], "en-annen"]}),
    "wrong-azp": ("Utstedt til en annen", lambda claims: claims | {"azp": "en-annen"}),
    "other-issuer": ("Annen utsteder", lambda claims: claims | {"iss": "https://idporten.example"}),
    "low-acr": ("Lavere nivå", lambda claims: claims | {"acr": LOW}),
    "no-acr": ("Uten nivå", lambda claims: without(claims, "acr")),
    "wrong-nonce": ("Feil nonce", lambda claims: claims | {"nonce": "en-annens"}),
    "no-nonce": ("Uten nonce", lambda claims: without(claims, "nonce")),
    "expired": ("Utløpt", lambda claims: claims | {"exp": claims["iat"] - HOURS}),
    "no-exp": ("Uten utløp", lambda claims: without(claims, "exp")),
    "not-yet": ("Gjelder først siden", lambda claims: claims | {"nbf": claims["iat"] + HOURS}),
    "issued-later": ("Utstedt i fremtiden", lambda claims: claims | {"iat": claims["iat"] + HOURS}),
    "early-log-in": (
        "Innlogget for ti minutter siden",
        lambda claims: claims | {"auth_time": claims["iat"] - 600},
    ),
    "old-log-in": ("Gammel innlogging", lambda claims: claims | {"auth_time": claims["iat"] - 3 * HOURS}),
    "no-auth-time": ("Ukjent alder", lambda claims: without(claims, "auth_time")),
    "no-pid": ("Uten fødselsnummer", lambda claims: without(claims, "pid")),
    "bad-pid": ("Ugyldig fødselsnummer", lambda claims: claims | {"pid": "12345678901"}),
    "no-sub": ("Uten subjekt", lambda claims: without(claims, "sub")),
    "same-sub": ("Samme subjekt for alle", lambda claims: claims | {"sub": "den-samme"}),
}
OTHER_MODES = {
    "ok": "Svarer som den skal",
    "alg-none": "Usignert (alg none)",
    "hs256": "Signert med den offentlige nøkkelen (HS256)",
    "unknown-key": "Signert med ukjent nøkkel",
    "wrong-signature": "Signert med feil nøkkel",
    "swapped-state": "Feil state tilbake",
    "no-state": "Uten state tilbake",
    "other-iss": "Svar fra annen utsteder (iss)",
    "no-id-token": "Uten ID-token",
    "given-up": "Brukeren avbryter",
    "single-sign-on": "Husker den som logget inn",
    "down": "Nede (503)",
    "token-down": "Token-endepunktet er nede",
}
MODES: dict[str, str] = OTHER_MODES | {name: text for name, (text, _change) in CLAIM_MODES.items()}


def without(claims: Claims, name: str) -> Claims:
    """Leave one claim out."""
    return {key: value for key, value in claims.items() if key != name}


def b64(content: bytes) -> str:
    """Return URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def part(content: Mapping[str, Any]) -> str:
    """Return a part of a token."""
    return b64(json.dumps(content).encode())


def new_key() -> rsa.RSAPrivateKey:
    """Make a key to sign with."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(slots=True)
class Grant:
    """What a code stands for, until it is used."""

    pid: str
    asked: dict[str, str]
    at: float
    proved_at: float  # when the person showed who they are


@dataclass
class Provider:
    """The provider's keys, its open codes, and how it misbehaves."""

    client_id: str
    client_secret: str
    product: str  # where the browser may be sent back to
    mode: str = "ok"
    key: rsa.RSAPrivateKey = field(default_factory=new_key)
    stranger: rsa.RSAPrivateKey = field(default_factory=new_key)
    grants: dict[str, Grant] = field(default_factory=dict)
    signed_on: dict[str, tuple[str, float]] = field(default_factory=dict)  # a browser's person, and since when

    def token(self, claims: Claims) -> str:
        """Sign the claims, as the mode has it."""
        if self.mode in CLAIM_MODES:
            claims = CLAIM_MODES[self.mode][1](claims)
        match self.mode:
            case "alg-none":
                return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."
            case "hs256":
                return self.with_public_key(claims)
            case "unknown-key":
                return signed(self.stranger, "en-annen", claims)
            case "wrong-signature":
                return signed(self.stranger, "sandkasse", claims)
        return signed(self.key, "sandkasse", claims)

    def with_public_key(self, claims: Claims) -> str:
        """Sign with what everybody knows: the public key as a shared secret."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        public = self.key.public_key().public_bytes(serialization.Encoding.PEM, form)
        head = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'sandkasse'})}.{part(claims)}"
        return f"{head}.{b64(hmac.new(public, head.encode(), hashlib.sha256).digest())}"

    def jwks(self) -> dict[str, Any]:
        """Return the public key."""
        numbers = self.key.public_key().public_numbers()
        parts = {name: b64(number.to_bytes((number.bit_length() + 7) // 8, "big")) for name, number in vars_of(numbers)}
        return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "sandkasse", **parts}]}


def vars_of(numbers: rsa.RSAPublicNumbers) -> list[tuple[str, int]]:
    """Return the numbers as a JWK names them."""
    return [("n", numbers.n), ("e", numbers.e)]


def signed(key: rsa.RSAPrivateKey, kid: str, claims: Claims) -> str:
    """Return a token signed with RS256."""
    head = f"{part({'alg': 'RS256', 'typ': 'JWT', 'kid': kid})}.{part(claims)}"
    return f"{head}.{b64(key.sign(head.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


PROVIDER = web.AppKey("provider", Provider)


def issuer(request: web.Request) -> str:
    """Return the issuer, which is this very machine."""
    return f"http://{request.host}/oidc"


async def discovery(request: web.Request) -> web.Response:
    """Describe the provider."""
    if request.app[PROVIDER].mode == "down":
        return web.Response(status=503)
    here = issuer(request)
    places = {"authorization": "authorize", "token": "token", "end_session": "end_session"}
    return web.json_response(
        {
            "issuer": here,
            "jwks_uri": f"{here}/jwks",
            **{f"{name}_endpoint": f"{here}/{path}" for name, path in places.items()},
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "acr_values_supported": [LOW, HIGH],
            "authorization_response_iss_parameter_supported": True,
        }
    )


async def jwks(request: web.Request) -> web.Response:
    """Return the public key."""
    return web.json_response(request.app[PROVIDER].jwks())


def asked(query: Mapping[str, str], provider: Provider) -> dict[str, str]:
    """Return the request's parts. Raises HTTPBadRequest for what a real provider would refuse."""
    found = {name: str(query.get(name, "")) for name in ASKED}
    wrong = [name for name in ("state", "nonce", "code_challenge") if not found[name]]
    if found["client_id"] != provider.client_id:
        wrong.append("client_id")
    if not found["redirect_uri"].startswith(f"{provider.product}/"):
        wrong.append("redirect_uri")
    if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
        wrong.append("response_type")
    if wrong:
        raise web.HTTPBadRequest(text=f"Ugyldig: {', '.join(wrong)}")
    return found


async def allow(request: web.Request) -> web.Response:
    """Send the browser back with a code for the picked person, who is remembered."""
    provider = request.app[PROVIDER]
    form = {name: str(value) for name, value in (await request.post()).items()}
    wanted = asked(form, provider)
    pid, browser = form.get("number", "").strip() or form.get("pid", ""), secrets.token_urlsafe(16)
    provider.signed_on[browser] = (pid, time.time())
    response = sent_back(request, wanted, *provider.signed_on[browser])
    response.set_cookie(SIGNED_ON, browser, httponly=True, samesite="Lax", path="/oidc")
    return response


def remembered(request: web.Request, wanted: dict[str, str]) -> web.Response | None:
    """Send the browser of one who has logged in straight back, unless they are to be asked anew (`prompt=login`)."""
    provider = request.app[PROVIDER]
    known = provider.signed_on.get(request.cookies.get(SIGNED_ON, ""))
    if provider.mode != "single-sign-on" or request.query.get("prompt") == "login" or known is None:
        return None
    return sent_back(request, wanted, *known)


def sent_back(request: web.Request, wanted: dict[str, str], pid: str, proved_at: float) -> web.Response:
    """Send the browser back with a code, as the mode has it."""
    provider = request.app[PROVIDER]
    answer = {"state": wanted["state"], "iss": issuer(request)}
    if provider.mode == "given-up":
        answer["error"] = "access_denied"
    else:
        code = secrets.token_urlsafe(24)
        provider.grants[code] = Grant(pid, wanted, time.time(), proved_at)
        answer["code"] = code
    changed = {"swapped-state": {"state": "en-annens"}, "other-iss": {"iss": "https://idporten.example"}}
    answer |= changed.get(provider.mode, {})
    if provider.mode == "no-state":
        del answer["state"]
    return web.Response(status=303, headers={"Location": f"{wanted['redirect_uri']}?{urlencode(answer)}"})


async def token(request: web.Request) -> web.Response:
    """Change a code into tokens, once, for the client that asked and whoever knows the verifier."""
    provider = request.app[PROVIDER]
    if provider.mode == "token-down":
        return web.Response(status=503)
    form = await request.post()
    if not knows_secret(request, provider):
        return web.json_response({"error": "invalid_client"}, status=401)
    grant = provider.grants.pop(str(form.get("code", "")), None)
    if grant is None or not fits(grant, {name: str(value) for name, value in form.items()}):
        return web.json_response({"error": "invalid_grant"}, status=400)
    tokens: dict[str, Any] = {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "expires_in": 60}
    if provider.mode != "no-id-token":
        tokens["id_token"] = provider.token(claims_of(grant, issuer(request)))
    return web.json_response(tokens)


def knows_secret(request: web.Request, provider: Provider) -> bool:
    """Whether the client has proved who it is (client_secret_basic)."""
    try:
        given = BasicAuth.decode(request.headers.get("Authorization", ""))
    except ValueError:
        return False
    return (given.login, given.password) == (provider.client_id, provider.client_secret)


def fits(grant: Grant, form: Mapping[str, str]) -> bool:
    """Whether the code is fresh, goes back to where it was sent, and the verifier is the challenge's."""
    challenge = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
    return (
        time.time() - grant.at <= CODE_LASTS
        and form.get("redirect_uri") == grant.asked["redirect_uri"]
        and challenge == grant.asked["code_challenge"]
    )


def claims_of(grant: Grant, iss: str) -> Claims:
    """Return a good token's claims."""
    now = int(time.time())
    return {
        "iss": iss,
        "aud": grant.asked["client_id"],
        "sub": b64(hashlib.sha256(f"sandkasse {grant.pid}".encode()).digest()),
        "sid": secrets.token_urlsafe(12),
        "pid": grant.pid,
        "nonce": grant.asked["nonce"],
        "acr": HIGH,
        "amr": ["TestID"],
        "iat": now,
        "nbf": now,
        "auth_time": int(grant.proved_at) - 5,
        "exp": now + 120,
    }


async def end_session(request: web.Request) -> web.Response:
    """Log out, and send the browser back to the product; anywhere else it stays here."""
    to = request.query.get("post_logout_redirect_uri", "")
    provider = request.app[PROVIDER]
    provider.signed_on.pop(request.cookies.get(SIGNED_ON, ""), None)
    if request.query.get("client_id") == provider.client_id and to.startswith(f"{provider.product}/"):
        raise web.HTTPFound(to)
    return web.Response(text="Logget ut hos innloggingstjenesten.")


async def change_mode(request: web.Request) -> web.Response:
    """Choose how the provider misbehaves: {"mode": …}; 400 says what there is."""
    mode = (await request.json()).get("mode")
    if mode not in MODES:
        return web.json_response({"error": f"mode: none of {', '.join(MODES)}"}, status=400)
    request.app[PROVIDER].mode = mode
    return web.json_response({"mode": mode})


def routes() -> list[web.RouteDef]:
    """Return the provider's addresses; its page for people is in sandbox/oidc_page.py."""
    return [
        web.get("/oidc/.well-known/openid-configuration", discovery),
        web.get("/oidc/jwks", jwks),
        web.post("/oidc/authorize", allow),
        web.post("/oidc/token", token),
        web.get("/oidc/end_session", end_session),
        web.put("/oidc/mode", change_mode),
    ]
