"""The gateways of Helsenorge, Besøklegen and DigiCare over HTTP: one JSON dialect, an address and a token each.

A text is read here at security level 4 (spec C4): it goes into the request's body, and into no address, log or error.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
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

LETTERS = "/econtact/v1/messages"
LARGEST_ANSWER = 64 * 1024  # bytes
REUSED = "reference_reused"  # another text came with the reference before: that one may have been ours
Answer = tuple[int, Any, aiohttp.typedefs.LooseHeaders]


class HttpGateway:
    """One provider's gateway, with a pool of connections shared by every thread of the process."""

    def __init__(self, provider: str) -> None:
        chosen = settings.GATEWAYS[provider]
        self.base = chosen["URL"]
        self.token = chosen["TOKEN"]
        self.is_real = leads_out(chosen["URL"])
        self.pid = 0
        self.session: aiohttp.ClientSession | None = None

    @property
    def is_set_up(self) -> bool:
        """Whether there is an address to call, and something to show there."""
        return bool(self.base and self.token)

    def send(self, batch: Sequence[Letter]) -> Sequence[Outcome]:
        """Hand over every letter, a few at a time; one outcome each, in order."""
        if not self.is_set_up:
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
        return await self._hand_over(LETTERS, str(letter.reference), body_of(letter))

    async def _hand_over(self, path: str, reference: str, body: Mapping[str, object]) -> Outcome:
        try:
            status, answer, headers = await self._call("POST", path, json=body, headers={"Idempotency-Key": reference})
        except Exception as problem:  # whatever it is, the other letters go on
            return explained(problem)
        return told(status, answer, headers, reference)

    def hand_over(self, path: str, reference: UUID, body: Mapping[str, object]) -> Outcome:
        """Hand over one body under our reference, which makes a second attempt harmless."""
        if not self.is_set_up:
            return Outcome.setup("no_address")
        return LOOP.run(self._hand_over(path, str(reference), body))

    def ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> tuple[int, Any]:
        """Ask what changes nothing there. Returns status and JSON. Raises LookupFailed."""
        if not self.is_set_up:
            raise LookupFailed("no_address")
        try:
            status, answer, _ = LOOP.run(self._call(method, path, json=body))
        except Exception as problem:
            raise LookupFailed(type(problem).__name__) from None  # the cause could quote an answer
        return status, answer

    def lookup(self, reference: UUID) -> Found | None:
        """Ask whether the gateway has the letter. Raises LookupFailed."""
        return Found(reference) if self.has(LETTERS, reference) else None

    def has(self, path: str, reference: UUID) -> bool:
        """Ask whether it has the reference; only its own 404 means that it has not. Raises LookupFailed."""
        match self.ask("GET", f"{path}/{reference}"):
            case 200, {"reference": str(found), "status": "delivered"} if found == str(reference):
                return True
            case 404, {"code": "unknown_reference"}:
                return False
            case status, _:
                raise LookupFailed(str(status))

    async def _call(self, method: str, path: str, **options: Any) -> Answer:
        url = f"{self.base}{path}"
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
    """Return who it is for."""
    return numbered(letter.national_number, letter.local_number)


def numbered(national: str, local: str) -> dict[str, str]:
    """Name a patient: by fødselsnummer or D-number with its register, else by the clinic's own number."""
    if not national:
        return {"system": "local", "value": local}
    return {"system": f"{NORWAY}{2 if national[0] in '4567' else 1}", "value": national}


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
