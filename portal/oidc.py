"""OpenID Connect with a log-in provider: the one module that knows Authlib (spec K1, threat 5).

Authorization code with PKCE (S256), state and nonce. What comes back is believed only when issuer, audience, signature,
times, level (acr) and age of the log-in are as asked for; who it is, the `pid` claim alone says.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from patients import identity

ALGORITHMS = ["RS256", "PS256", "ES256"]  # never none, never one that signs with a shared secret
KEPT = 24 * 60 * 60  # seconds that discovery and keys are kept at most
KEYS_AGAIN = 60  # seconds between looks for new keys: a flood of made-up key ids asks no oftener
LEEWAY = 30  # seconds that two clocks may differ
OLDEST = 2 * 60 * 60  # seconds since the person proved who they are; ID-porten's longest single sign-on
TIMEOUT = (5, 10)  # seconds to connect, and for each answer


class ProviderDown(Exception):
    """The provider did not answer as one does; nobody is to blame."""


class Refused(Exception):
    """What came back is not believed. The argument is a reason for the log; it names no person."""


@dataclass(frozen=True)
class Provider:
    """One way to log in, as the environment describes it."""

    name: str
    label: str
    issuer: str
    client_id: str
    client_secret: str
    acr: tuple[str, ...]  # the levels that count as 4 at this issuer
    token_auth: str = "client_secret_basic"  # nosec B105 - a method's name


@dataclass(frozen=True)
class Proof:
    """Who logged in, as the provider has proved it."""

    national_number: str
    issuer: str
    subject: str
    method: str
    provider_session: str


def providers() -> list[Provider]:
    """Return every way to log in, in the order they are offered."""
    return [Provider(**{**one, "acr": tuple(one["acr"])}) for one in settings.OIDC_PROVIDERS]


def provider(name: str) -> Provider | None:
    """Return the provider of the name, or None."""
    return next((one for one in providers() if one.name == name), None)


def authorization_url(by: Provider, *, state: str, nonce: str, verifier: str, anew: bool = False) -> str:
    """Return where to send the browser; `anew` asks whoever sits there who they are, single sign-on or not.

    Raises ProviderDown.
    """
    url, _state = client(by).create_authorization_url(
        metadata(by)["authorization_endpoint"],
        state=state,
        code_verifier=verifier,
        nonce=nonce,
        acr_values=" ".join(by.acr),
        max_age=OLDEST,
        ui_locales="nb",
        **({"prompt": "login"} if anew else {}),
    )
    return str(url)


def prove(by: Provider, answer: Mapping[str, str], *, state: str, nonce: str, verifier: str, since: float = 0) -> Proof:
    """Return who the answer to the browser's return proves, having logged in since then (seconds since 1970).

    Raises Refused and ProviderDown.
    """
    refuse_foreign(by, answer, state)
    if "code" not in answer:
        raise Refused("no_code")
    claims = believed(by, redeem(by, answer["code"], verifier), nonce)
    refuse_old(claims, since)
    return Proof(
        national_number=number_in(claims),
        issuer=by.issuer,
        subject=str(claims["sub"]),
        method=" ".join(str(one) for one in claims.get("amr") or ()),
        provider_session=str(claims.get("sid", "")),
    )


def refuse_foreign(by: Provider, answer: Mapping[str, str], state: str) -> None:
    """Raise Refused unless the answer belongs to this log-in and to this issuer (RFC 9207, when it says)."""
    if not hmac.compare_digest(answer.get("state", "").encode(), state.encode()):
        raise Refused("state")
    if answer.get("iss", by.issuer) != by.issuer:
        raise Refused("issuer")


def redeem(by: Provider, code: str, verifier: str) -> str:
    """Change the code into an ID token. Raises Refused and ProviderDown."""
    endpoint = metadata(by)["token_endpoint"]
    try:
        token = client(by).fetch_token(endpoint, grant_type="authorization_code", code=code, code_verifier=verifier)
    except AuthlibBaseError as error:
        raise Refused("code") from error
    except (requests.RequestException, ValueError) as error:
        raise ProviderDown from error
    if not isinstance(token.get("id_token"), str):
        raise Refused("no_id_token")
    return str(token["id_token"])


def believed(by: Provider, id_token: str, nonce: str) -> Mapping[str, Any]:
    """Return the claims of a token that is signed by the issuer, meant for us, and of the level. Raises Refused."""
    try:
        token = decoded(by, id_token)
        claims = CodeIDToken(
            token.claims,
            token.header,
            options={"iss": {"essential": True, "value": by.issuer}, "aud": {"essential": True, "value": by.client_id}},
            params={"nonce": nonce, "client_id": by.client_id, "max_age": OLDEST},
        )
        claims.validate(now=int(time.time()), leeway=LEEWAY)
    except (JoseError, ValueError, TypeError) as error:
        raise Refused(f"token_{type(error).__name__}") from error
    refuse_low(by, claims)
    refuse_several_audiences(by, claims)
    return dict(claims)


def decoded(by: Provider, id_token: str) -> Any:
    """Return the signed token; a key that is not known is looked for once more. Raises JoseError."""
    try:
        return jwt.decode(id_token, keys(by), algorithms=ALGORITHMS)
    except (InvalidKeyIdError, ValueError):
        if not cache.add(f"oidc:again:{by.issuer}", 1, KEYS_AGAIN):
            raise
        return jwt.decode(id_token, keys(by, fresh=True), algorithms=ALGORITHMS)


def refuse_low(by: Provider, claims: Mapping[str, Any]) -> None:
    """Raise Refused for a level that does not count as 4."""
    if claims.get("acr") not in by.acr:
        raise Refused("acr")


def refuse_old(claims: Mapping[str, Any], since: float) -> None:
    """Raise Refused for a log-in that is too old, older than asked for, or of no known age."""
    at, now = claims.get("auth_time"), time.time()
    if not isinstance(at, int) or not max(now - OLDEST, since) - LEEWAY <= at <= now + LEEWAY:
        raise Refused("auth_time")


def refuse_several_audiences(by: Provider, claims: Mapping[str, Any]) -> None:
    """Raise Refused when others may use the token too and it does not say that it was made for us."""
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if len(audience) > 1 and claims.get("azp") != by.client_id:
        raise Refused("azp")


def number_in(claims: Mapping[str, Any]) -> str:
    """Return the national number. Raises Refused when there is none, or none that can be."""
    try:
        return identity.parse(str(claims["pid"])).digits
    except (KeyError, ValidationError) as error:
        raise Refused("pid") from error


def end_session_url(by: Provider, back_to: str) -> str:
    """Return where the browser logs out at the provider too; empty when there is no such place, or it is down.

    Without `id_token_hint`: the token holds the national number, which belongs in no address (spec C4).
    """
    try:
        endpoint = metadata(by).get("end_session_endpoint", "")
    except ProviderDown:
        return ""
    if not endpoint:
        return ""
    wanted = {"client_id": by.client_id, "post_logout_redirect_uri": back_to}
    return str(requests.Request("GET", endpoint, params=wanted).prepare().url)


def client(by: Provider) -> Any:
    """Return Authlib's client for the provider."""
    return OAuth2Session(
        by.client_id,
        by.client_secret,
        token_endpoint_auth_method=by.token_auth,
        scope="openid",
        redirect_uri=f"{settings.PUBLIC_BASE_URL}/min/innlogget/",
        code_challenge_method="S256",
        default_timeout=TIMEOUT,
    )


def metadata(by: Provider) -> dict[str, Any]:
    """Return the provider's own description. Raises ProviderDown, also when it describes another issuer."""
    found = kept(f"oidc:about:{by.issuer}", f"{by.issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != by.issuer or not {"authorization_endpoint", "token_endpoint", "jwks_uri"} <= set(found):
        raise ProviderDown
    return found


def keys(by: Provider, *, fresh: bool = False) -> Any:
    """Return the keys the provider signs with. Raises ProviderDown."""
    name = f"oidc:keys:{by.issuer}"
    if fresh:
        cache.delete(name)
    found = kept(name, metadata(by)["jwks_uri"])
    try:
        return KeySet.import_key_set(found)  # type: ignore[arg-type]
    except (JoseError, KeyError, ValueError) as error:
        cache.delete(name)
        raise ProviderDown from error


def kept(name: str, url: str) -> dict[str, Any]:
    """Return the JSON at the address, asked for once a day. Raises ProviderDown; a failure is not kept."""
    if isinstance(known := cache.get(name), dict):
        return known
    try:
        answer = requests.get(url, timeout=TIMEOUT, allow_redirects=False)
        if answer.status_code != requests.codes.ok:
            raise ProviderDown
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise ProviderDown from error
    if not isinstance(found, dict):
        raise ProviderDown
    cache.set(name, found, KEPT)
    return found
