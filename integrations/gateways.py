"""The e-contact gateways of Helsenorge and Besøklegen over HTTP: one JSON dialect, an address and a token each.

A text is read here at security level 4 (spec C4): it goes into the request's body, and into no address, log or error.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import os
from collections.abc import Iterator, Sequence
from datetime import UTC
from functools import partial
from typing import Any
from uuid import UUID

import aiohttp
from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from bulk_send import gateways
from bulk_send.gateways import Found, Letter
from clinics.models import EContactProvider
from integrations.fhir_fields import NORWAY
from notifications.kinds import Reason
from notifications.providers.answers import by_status
from notifications.providers.base import LookupFailed, Outcome, Verdict
from notifications.providers.brake import Brake
from notifications.providers.loop import LOOP
from notifications.providers.loopback import leads_out

logger = logging.getLogger(__name__)

LARGEST_ANSWER = 64 * 1024  # bytes
REUSED = "reference_reused"  # another text came with the reference before: that one may have been ours
Answer = tuple[int, Any, aiohttp.typedefs.LooseHeaders]


class HttpGateway:
    """One provider's gateway, with a pool of connections shared by every thread of the process."""

    def __init__(self, provider: str) -> None:
        chosen = settings.GATEWAYS[provider]
        self.url = f"{chosen['URL']}/econtact/v1/messages" if chosen["URL"] else ""
        self.token = chosen["TOKEN"]
        self.is_real = leads_out(chosen["URL"])
        self.pid = 0
        self.session: aiohttp.ClientSession | None = None

    def send(self, batch: Sequence[Letter]) -> Sequence[Outcome]:
        """Hand over every letter, a few at a time; one outcome each, in order."""
        if not self.url or not self.token:
            return [Outcome.setup("no_address")] * len(batch)
        return LOOP.run(self._send_all(batch)) if batch else []

    async def _send_all(self, batch: Sequence[Letter]) -> list[Outcome]:
        brake = Brake(settings.LEASE_SECONDS - settings.PROVIDER_TIMEOUT - 10)
        outcomes = [Outcome.later(Reason.PROVIDER_BUSY)] * len(batch)
        waiting = iter(enumerate(batch))  # shared: each worker takes the next one

        async def work(queue: Iterator[tuple[int, Letter]]) -> None:
            for index, letter in queue:
                outcomes[index] = brake.stopped("") or await self._send_one(letter)
                brake.note(outcomes[index], "")

        await asyncio.gather(*(work(waiting) for _ in range(min(settings.GATEWAY_IN_FLIGHT, len(batch)))))
        return outcomes

    async def _send_one(self, letter: Letter) -> Outcome:
        reference = str(letter.reference)
        try:
            status, answer, headers = await self._call(
                "POST", self.url, json=body_of(letter), headers={"Idempotency-Key": reference}
            )
        except Exception as problem:  # whatever it is, the other letters go on
            return explained(problem)
        return told(status, answer, headers, reference)

    def lookup(self, reference: UUID) -> Found | None:
        """Ask whether the gateway has the reference; only its own 404 means that it has not. Raises LookupFailed."""
        if not self.url or not self.token:
            raise LookupFailed("no_address")
        try:
            status, answer, _ = LOOP.run(self._call("GET", f"{self.url}/{reference}"))
        except Exception as problem:
            raise LookupFailed(type(problem).__name__) from None  # the cause could quote an answer
        match status, answer:
            case 200, {"reference": str(found), "status": "delivered"} if found == str(reference):
                return Found(reference)
            case 404, {"code": "unknown_reference"}:
                return None
        raise LookupFailed(str(status))

    async def _call(self, method: str, url: str, **options: Any) -> Answer:
        async with self._connected().request(method, url, allow_redirects=False, **options) as response:
            return response.status, await read(response), response.headers

    def _connected(self) -> aiohttp.ClientSession:
        if self.session is None or self.pid != os.getpid():
            connect, total = settings.PROVIDER_CONNECT_TIMEOUT, settings.PROVIDER_TIMEOUT
            self.session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=settings.GATEWAY_IN_FLIGHT),
                timeout=aiohttp.ClientTimeout(total=total, sock_connect=connect),
                headers={"Authorization": f"Bearer {self.token}"},
                trust_env=False,
            )
            self.pid = os.getpid()
        return self.session

    def close(self) -> None:
        """Close the connections of this process."""
        if self.session is not None and self.pid == os.getpid():
            LOOP.run(self.session.close())
        self.session = None


def body_of(letter: Letter) -> dict[str, object]:
    """Return the letter as the gateways read it."""
    return {
        "reference": str(letter.reference),
        "recipient": recipient_of(letter),
        "subject": letter.subject,
        "text": letter.text,
        "sender": {"id": str(letter.clinic), "name": letter.sender},
        "sentAt": letter.sent_at.astimezone(UTC).isoformat(),
    }


def recipient_of(letter: Letter) -> dict[str, str]:
    """Return who it is for: fødselsnummer or D-number by its register, else the clinic's own number."""
    if not letter.national_number:
        return {"system": "local", "value": letter.local_number}
    is_d_number = letter.national_number[0] in "4567"
    return {"system": f"{NORWAY}{2 if is_d_number else 1}", "value": letter.national_number}


async def read(response: aiohttp.ClientResponse) -> Any:
    """Return the answer's JSON, None when it is none; an answer too large counts as none."""
    raw = bytearray()
    async for part in response.content.iter_any():
        raw += part
        if len(raw) > LARGEST_ANSWER:
            return None
    try:
        return json.loads(raw)
    except ValueError:
        return None


def told(status: int, answer: Any, headers: Any, reference: str) -> Outcome:
    """Return what an answer means for the letter."""
    code = str(answer.get("code", ""))[:20] if isinstance(answer, dict) else ""
    match status, answer:
        case ((200 | 201), {"reference": str(taken)}) if taken == reference:
            return Outcome.accepted(taken)
        case (code_, _) if 200 <= code_ < 300:  # it may have taken it, and we cannot read so
            return Outcome.unknown(Reason.PROVIDER_ERROR, str(status))
        case ((409 | 422), {"code": str(why)}) if why == REUSED:
            return Outcome.unknown(Reason.PROVIDER_ERROR, REUSED)
    outcome = by_status(status, code, headers)
    if outcome.verdict == Verdict.REFUSED:
        return Outcome.refused(Reason.GATEWAY_REFUSED, outcome.code)
    return outcome


def explained(problem: Exception) -> Outcome:
    """Return what an exception says about the letter: later when it certainly never left, else unknown."""
    match problem:
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError() | aiohttp.InvalidURL():
            return Outcome.later(Reason.PROVIDER_DOWN)
        case UnicodeEncodeError():
            return Outcome.refused(Reason.REJECTED)  # a lone surrogate cannot be written
        case aiohttp.ClientError() | TimeoutError() | OSError():
            return Outcome.unknown(Reason.NO_ANSWER)
    logger.error("e-contact gateway: unexpected %s", type(problem).__name__)
    return Outcome.unknown(Reason.PROVIDER_ERROR)


MADE: dict[str, HttpGateway] = {}


def made(provider: str) -> HttpGateway:
    """Return the provider's gateway, the same one every time."""
    if provider not in MADE:
        MADE[provider] = HttpGateway(provider)
    return MADE[provider]


def register() -> None:
    """Let e-contact find the gateways."""
    for provider in EContactProvider:
        gateways.register(provider, partial(made, provider))


@atexit.register
def forget() -> None:
    """Close every gateway's connections; the next call makes them anew."""
    while MADE:
        MADE.popitem()[1].close()


@receiver(setting_changed, dispatch_uid="gateways.forget")
def forget_changed(*, setting: str, **kwargs: object) -> None:
    """Forget the gateways when a test changes what they have read."""
    if setting.startswith(("GATEWAY", "PROVIDER_", "SANDBOX_")):
        forget()
