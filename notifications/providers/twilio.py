"""SMS through Twilio: the official client with its asynchronous HTTP client and one pool of connections."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from django.conf import settings
from django.http import HttpRequest
from twilio.base.exceptions import TwilioException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from notifications.kinds import Channel, Reason
from notifications.providers.answers import by_status, retry_after
from notifications.providers.base import InvalidSignature, LookupFailed, Outcome, Outgoing, Receipt, Sought
from notifications.providers.brake import Brake
from notifications.providers.loop import LOOP
from notifications.providers.loopback import leads_out
from notifications.providers.twilio_codes import (
    BUSY,
    ONE_PAIR,
    REFUSED,
    STATES,
    WRONG_SENDER,
    WRONG_SETUP,
    translate,
)
from notifications.providers.validity import seconds_left

logger = logging.getLogger(__name__)

SID = re.compile(r"(SM|MM)[0-9a-f]{32}")
CODE = re.compile(r"\d{0,6}")
LONGEST_VALIDITY = 36_000  # seconds, Twilio's own limit
LARGEST_CALLBACK = 16 * 1024
CLOCK_SKEW = timedelta(seconds=30)  # between Twilio's clock and ours; more would steal an earlier attempt's message
LISTED = 200  # messages to one number that a look-up reads at most


class Busy(Exception):
    """429: the official client keeps no headers of an error, and we want one of them."""

    def __init__(self, rest: timedelta | None) -> None:
        super().__init__("429")
        self.rest = rest


class LimitedSession:
    """An aiohttp session whose time-outs hold: the official client passes `timeout=None`, which lifts every limit."""

    def __init__(self, in_flight: int, limits: aiohttp.ClientTimeout) -> None:
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight))
        self.limits = limits

    async def request(self, **options: Any) -> aiohttp.ClientResponse:
        """Send a request within the limits."""
        return await self.session.request(**{**options, "timeout": self.limits})

    async def close(self) -> None:
        """Close the pool."""
        await self.session.close()


class PooledHttpClient(AsyncTwilioHttpClient):  # type: ignore[misc]
    """Twilio's HTTP client with our pool and time-outs; it never retries and never follows a redirect."""

    def __init__(self, in_flight: int, connect: float, total: float) -> None:
        super().__init__(pool_connections=False)
        limits = aiohttp.ClientTimeout(total=total, connect=connect, sock_connect=connect)
        self.session = LimitedSession(in_flight, limits)

    async def request(
        self, method: str, url: str, *, auth: tuple[str, str] | None = None, **options: object
    ) -> Response:
        """Send a request; raises Busy for 429."""
        headers = dict(options.pop("headers", None) or {})  # type: ignore[call-overload]
        if auth:
            headers["Authorization"] = aiohttp.encode_basic_auth(*auth)
        response = await super().request(method, url, headers=headers, **options)
        if response.status_code == 429:
            raise Busy(retry_after(response.headers))
        return response


class TwilioProvider:
    """The SMS channel."""

    name = "twilio"
    channel = Channel.SMS
    has_receipts = True

    def __init__(self) -> None:
        self.is_real = leads_out(settings.TWILIO_BASE_URL)
        self.pid = 0
        self.client: Client | None = None
        self.slots = asyncio.Semaphore(settings.SMS_IN_FLIGHT)

    def send(self, batch: Sequence[Outgoing]) -> Sequence[Outcome]:
        """Hand over every message, many at a time; one outcome each, in order."""
        return LOOP.run(self._send_all(batch)) if batch else []

    async def _send_all(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        client = self._connected()
        brake = Brake(settings.LEASE_SECONDS - settings.PROVIDER_TIMEOUT - 10)
        outcomes = [Outcome.later(Reason.PROVIDER_BUSY)] * len(batch)
        waiting = iter(enumerate(batch))  # shared: each worker takes the next one

        async def work(queue: Iterator[tuple[int, Outgoing]]) -> None:
            for index, message in queue:
                outcomes[index] = brake.stopped(message.sender) or await self._send_one(client, message, brake)

        await asyncio.gather(*(work(waiting) for _ in range(min(settings.SMS_IN_FLIGHT, len(batch)))))
        return outcomes

    def _connected(self) -> Client:
        if self.client is None or self.pid != os.getpid():
            limits = settings.PROVIDER_CONNECT_TIMEOUT, settings.PROVIDER_TIMEOUT
            http = PooledHttpClient(settings.SMS_IN_FLIGHT, *limits)
            self.client = Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=http)
            self.client.api.base_url = settings.TWILIO_BASE_URL
            self.slots = asyncio.Semaphore(settings.SMS_IN_FLIGHT)
            self.pid = os.getpid()
        return self.client

    async def _send_one(self, client: Client, message: Outgoing, brake: Brake) -> Outcome:
        async with self.slots:
            try:
                made = await client.messages.create_async(
                    to=message.recipient,
                    from_=message.sender,
                    body=message.text,
                    status_callback=f"{settings.PUBLIC_BASE_URL}/webhooks/sms/{message.token}/",
                    validity_period=seconds_left(message.expires_at, longest=LONGEST_VALIDITY),
                )
                outcome = Outcome.accepted(made.sid) if SID.fullmatch(made.sid or "") else unreadable()
            except Exception as problem:  # whatever it is, the other messages go on
                outcome = explained(problem)
        wrong_sender, one_pair = outcome.code in WRONG_SENDER, outcome.code in ONE_PAIR
        brake.note(outcome, message.sender, sender_is_wrong=wrong_sender, everything=not one_pair)
        return outcome

    def lookup(self, sought: Sought) -> Receipt | None:
        """Ask Twilio for the message: by its id, else the one to that number with that text nearest in time."""
        try:
            found = LOOP.run(self._fetch(sought) if sought.provider_id else self._search(sought))
            return _receipt(sought.token, found.sid, found.status, found.error_code) if found else None
        except (TwilioException, Busy, aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as problem:
            raise LookupFailed(type(problem).__name__) from problem

    async def _fetch(self, sought: Sought) -> MessageRecord | None:
        try:
            return MessageRecord(await self._connected().messages(sought.provider_id).fetch_async())
        except TwilioException as problem:
            if getattr(problem, "status", 0) == 404:
                return None
            raise

    async def _search(self, sought: Sought) -> MessageRecord | None:
        since = sought.started_at.astimezone(UTC) - CLOCK_SKEW
        found: list[MessageRecord] = []
        pages = await self._connected().messages.stream_async(to=sought.recipient, page_size=50, limit=LISTED)
        async for row in pages:  # newest first
            record = MessageRecord(row)
            if record.created < since:
                break
            if record.sid not in sought.taken and record.text == sought.text.strip():
                found.append(record)
        return min(found, key=lambda row: abs(row.created - sought.started_at), default=None)

    def parse_receipt(self, request: HttpRequest, path: Mapping[str, str]) -> Sequence[Receipt]:
        """Verify a status callback and translate it (spec J2). Raises InvalidSignature."""
        verify(request)
        form = {name: values[0] for name, values in request.POST.lists() if len(values) == 1}
        if len(form) != len(request.POST):  # the scheme signs values without separators: no name may come twice
            raise InvalidSignature("repeated name")
        sid, status, code = form.get("MessageSid", ""), form.get("MessageStatus", ""), form.get("ErrorCode", "")
        if form.get("AccountSid") != settings.TWILIO_ACCOUNT_SID or not SID.fullmatch(sid):
            raise InvalidSignature("another account or message")
        if status not in STATES or not CODE.fullmatch(code):
            raise InvalidSignature("unknown status or code")
        return [_receipt(path["token"], sid, status, code)]

    def close(self) -> None:
        """Close the connections of this process."""
        if self.client is not None and self.pid == os.getpid():
            LOOP.run(self.client.http_client.close())
        self.client = None


class MessageRecord:
    """Twilio's message, read strictly: raises what LookupFailed is made of when a field is missing."""

    def __init__(self, row: object) -> None:
        values = vars(row)
        self.sid: str = values["sid"]
        self.status: str = values["status"]
        self.error_code: str = str(values["error_code"] or "")
        self.text: str = (values["body"] or "").strip()
        self.created: datetime = values["date_created"]
        if not SID.fullmatch(self.sid) or self.status not in STATES or self.created is None:
            raise ValueError("incomplete message")


def unreadable() -> Outcome:
    """Return the outcome of a 2xx that names no message."""
    return Outcome.unknown(Reason.PROVIDER_ERROR)


def explained(problem: Exception) -> Outcome:
    """Return what an exception says about the message: refused, later, set-up or unknown."""
    match problem:
        case Busy():
            return Outcome.later(Reason.PROVIDER_BUSY, "20429", problem.rest)
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError() | aiohttp.InvalidURL():
            return Outcome.later(Reason.PROVIDER_DOWN)
        case UnicodeEncodeError():
            return Outcome.refused(Reason.REJECTED)  # a lone surrogate cannot be written
        case aiohttp.ClientError() | TimeoutError() | OSError():
            return Outcome.unknown(Reason.NO_ANSWER)
        case TwilioException() if hasattr(problem, "status"):
            return by_code(int(problem.status), str(problem.code or ""))
        case ValueError() | KeyError() | TypeError() | AttributeError() | TwilioException():
            return unreadable()
        case _:
            logger.error("Twilio: unexpected %s", type(problem).__name__)
            return unreadable()


def by_code(status: int, code: str) -> Outcome:
    """Return what an error answer means; the code decides below 500, the status above."""
    if status >= 500:
        return Outcome.unknown(Reason.PROVIDER_ERROR, code)
    if code in REFUSED:
        return Outcome.refused(REFUSED[code], code)
    if code in WRONG_SENDER or code in WRONG_SETUP:
        return Outcome.setup(code)
    if code in BUSY:
        return Outcome.later(Reason.PROVIDER_BUSY, code)
    return by_status(status, code, {})


def verify(request: HttpRequest) -> None:
    """Check the signature over the configured public address; raises InvalidSignature before anything is read."""
    signature = request.headers.get("X-Twilio-Signature", "")
    tokens = [token for token in (settings.TWILIO_AUTH_TOKEN, settings.TWILIO_OLD_AUTH_TOKEN) if token]
    if not signature or not tokens or len(request.body) > LARGEST_CALLBACK:
        raise InvalidSignature("no signature, no key, or too large")
    url = settings.PUBLIC_BASE_URL + request.get_full_path()
    if not any(RequestValidator(token).validate(url, request.POST, signature) for token in tokens):
        raise InvalidSignature("wrong signature")


def _receipt(token: str, sid: str, status: str, code: object) -> Receipt:
    text = str(code or "").strip("0") and str(code)
    state, reason = translate(status, text)
    return Receipt("twilio", token, sid, status, state, reason, text if reason else "")
