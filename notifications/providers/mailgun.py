"""E-mail through Mailgun by way of Anymail: up to 1,000 recipients a call, signed webhooks, an events API to ask."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import requests
from anymail.backends.mailgun import EmailBackend
from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from django.conf import settings
from django.http import HttpRequest

from notifications.kinds import Channel, Reason
from notifications.providers.answers import by_status
from notifications.providers.base import InvalidSignature, LookupFailed, Outcome, Outgoing, Receipt, Sought, Verdict
from notifications.providers.brake import Brake
from notifications.providers.email import is_one_address
from notifications.providers.loopback import leads_out
from notifications.providers.mail_codes import STATES, code_of, translate
from notifications.providers.merging import Numbered, groups, merged, single
from notifications.providers.sessions import EndingSession, never_left

logger = logging.getLogger(__name__)

AT_ONCE = 8  # calls in flight for mails that cannot share one
LARGEST_WEBHOOK = 64 * 1024
OLDEST_WEBHOOK = 86_400  # seconds; Mailgun gives up after eight hours
CLOCK_SKEW = timedelta(seconds=60)
PAGES = 10  # of events that a look-up reads at most
ASKED = "accepted OR delivered OR failed OR rejected OR complained"


class EndingBackend(EmailBackend):  # type: ignore[misc]
    """Anymail's backend with our session: a deadline, no redirects, no proxies from the environment."""

    def create_session(self) -> EndingSession:
        """Return the session the API calls go through."""
        return MultipartSession(connect=settings.PROVIDER_CONNECT_TIMEOUT, total=settings.PROVIDER_TIMEOUT)


class MultipartSession(EndingSession):
    """Posts form fields as multipart: percent-encoding a megabyte of texts costs more CPU than the rest of a call."""

    def request(self, method: str, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        """Send a request; fields without files become parts."""
        fields = options.get("data")
        if isinstance(fields, Mapping) and not options.get("files"):
            options["files"] = [(name, (None, value)) for name, given in fields.items() for value in listed(given)]
            options["data"] = None
        return super().request(method, url, *args, **options)


def listed(value: Any) -> list[str]:
    """Return a form field's values; a list of addresses goes as one field, as Mailgun takes it."""
    return [", ".join(map(str, value))] if isinstance(value, (list, tuple)) else [str(value)]


def session() -> EndingSession:
    """Return a session with the product's time-outs."""
    return EndingSession(connect=settings.PROVIDER_CONNECT_TIMEOUT, total=settings.PROVIDER_TIMEOUT)


class MailgunProvider:
    """The e-mail channel by API."""

    name = "mailgun"
    channel = Channel.EMAIL
    has_receipts = True

    def __init__(self) -> None:
        self.url = settings.ANYMAIL["MAILGUN_API_URL"].rstrip("/")
        self.is_real = leads_out(self.url)
        self.own = threading.local()  # a requests session serves one thread
        self.pool: ThreadPoolExecutor | None = None
        self.pid = 0

    def send(self, batch: Sequence[Outgoing]) -> Sequence[Outcome]:
        """Hand over every message, in as few calls as may be; one outcome each, in order."""
        outcomes: dict[int, Outcome] = {}
        brake = Brake(settings.LEASE_SECONDS - settings.PROVIDER_TIMEOUT - 10)
        calls = groups(batch)
        alone = [call[0] for call in calls if len(call) == 1]
        for call in calls:
            if len(call) > 1:
                outcome = self._hand_over_all(call, brake)
                if outcome.verdict == Verdict.REFUSED:
                    alone += call  # one bad address must not take the rest with it
                outcomes |= dict.fromkeys((index for index, _ in call), outcome)
        outcomes |= self._hand_over_singly(alone, brake)
        return [outcomes[index] for index in range(len(batch))]

    def _hand_over_all(self, call: Sequence[Numbered], brake: Brake) -> Outcome:
        messages = [message for _, message in call]
        sender = messages[0].sender
        return brake.stopped(sender) or self._noted(brake, sender, self._call(merged, messages))

    def _hand_over_singly(self, alone: Sequence[Numbered], brake: Brake) -> Iterable[tuple[int, Outcome]]:
        def hand_over(numbered: Numbered) -> tuple[int, Outcome]:
            index, message = numbered
            if not is_one_address(message.recipient):
                return index, Outcome.refused(Reason.UNKNOWN_ADDRESS)
            stopped = brake.stopped(message.sender)
            return index, stopped or self._noted(brake, message.sender, self._call(single, message))

        return map(hand_over, alone) if len(alone) < 2 else self._threads().map(hand_over, alone)

    def _noted(self, brake: Brake, sender: str, outcome: Outcome) -> Outcome:
        brake.note(outcome, sender)
        return outcome

    def _call(self, compose: Any, what: Any) -> Outcome:
        try:
            mail = compose(what)
            self._backend().send_messages([mail])
            return Outcome.accepted(str(mail.anymail_status.message_id or "")[:120])
        except Exception as problem:  # whatever it is, the other messages go on
            return explained(problem)

    def _threads(self) -> ThreadPoolExecutor:
        if self.pool is None or self.pid != os.getpid():
            self.pool, self.pid = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="mailgun"), os.getpid()
        return self.pool

    def _backend(self) -> EndingBackend:
        if getattr(self.own, "pid", 0) != os.getpid():
            self.own.backend, self.own.pid = EndingBackend(), os.getpid()
            self.own.backend.open()
        backend: EndingBackend = self.own.backend
        return backend

    def lookup(self, sought: Sought) -> Receipt | None:
        """Ask the events API for the attempt by recipient and time; the furthest it came counts."""
        try:
            told = [receipt for event in self._events(sought) if (receipt := receipt_of(event))]
        except (requests.RequestException, ValueError, KeyError, TypeError, AttributeError) as problem:
            raise LookupFailed(type(problem).__name__) from problem
        return max(told, key=lambda receipt: RANK.index(receipt.status), default=None)

    def _events(self, sought: Sought) -> Iterable[AnymailTrackingEvent]:
        view, with_us = MailgunTrackingWebhookView(), ("api", settings.ANYMAIL["MAILGUN_API_KEY"])
        url: str = f"{self.url}/{settings.ANYMAIL['MAILGUN_SENDER_DOMAIN']}/events"
        query: dict[str, str | float] | None = {
            "recipient": sought.recipient,
            "begin": (sought.started_at - CLOCK_SKEW).timestamp(),
            "ascending": "yes",
            "limit": 300,
            "event": ASKED,
        }
        with session() as http:
            for _ in range(PAGES):
                answer = http.get(url, params=query, auth=with_us)
                answer.raise_for_status()
                page = answer.json()
                for item in page["items"]:
                    if item.get("user-variables", {}).get("attempt") == sought.token:
                        yield view.esp_to_anymail_event({"event-data": item})
                url, query = page["paging"]["next"], None
                if not page["items"] or not url.startswith(f"{self.url}/"):  # the key goes nowhere else
                    return

    def parse_receipt(self, request: HttpRequest, path: Mapping[str, str]) -> Sequence[Receipt]:
        """Verify a webhook by password and signature, and translate it (spec J2). Raises InvalidSignature."""
        if not settings.ANYMAIL["WEBHOOK_SECRET"] or not settings.ANYMAIL["MAILGUN_WEBHOOK_SIGNING_KEY"]:
            raise InvalidSignature("no secret to compare with")
        if len(request.body) > LARGEST_WEBHOOK or request.content_type != "application/json":
            raise InvalidSignature("too large, or not Mailgun's JSON")
        view = MailgunTrackingWebhookView()
        try:
            view.run_validators(request)
            events = view.parse_events(request)
            stamp = float(events[0].esp_event["signature"]["timestamp"])
        except (
            AnymailWebhookValidationFailure,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            IndexError,
        ) as problem:
            raise InvalidSignature(type(problem).__name__) from problem
        if abs(time.time() - stamp) > OLDEST_WEBHOOK:
            raise InvalidSignature("too old")
        return [receipt for event in events if (receipt := receipt_of(event))]

    def close(self) -> None:
        """Let the threads go; their connections go with them."""
        if self.pool is not None and self.pid == os.getpid():
            self.pool.shutdown()
        self.pool = None


RANK = ("queued", "sent", "delivered", "rejected", "failed", "bounced", "complained")


def receipt_of(event: AnymailTrackingEvent) -> Receipt | None:
    """Return the event in our words, or None when it says nothing final: deferred, opened, someone else's mail."""
    token = event.metadata.get("attempt")
    if event.event_type not in STATES or not isinstance(token, str):
        return None
    status = event.esp_event.get("event-data", {}).get("delivery-status") or {}
    code = code_of(status.get("code"), status.get("enhanced-code"), event.mta_response, event.description)
    state, reason = translate(event.event_type, code)
    return Receipt(
        provider="mailgun",
        token=token[:64],
        provider_id=str(event.message_id or "")[:120],
        status=event.event_type,
        state=state,
        reason=reason,
        code=code[:20] if reason else "",
    )


def explained(problem: Exception) -> Outcome:
    """Return what an exception says about the message: refused, later, set-up or unknown."""
    status, answer = getattr(problem, "status_code", None), getattr(problem, "response", None)
    if isinstance(status, int) and answer is not None:
        return by_status(status, "", answer.headers) if status >= 300 else Outcome.unknown(Reason.PROVIDER_ERROR)
    if isinstance(problem, requests.RequestException):
        return Outcome.later(Reason.PROVIDER_DOWN) if never_left(problem) else Outcome.unknown(Reason.NO_ANSWER)
    if isinstance(problem, AnymailError | UnicodeError | ValueError):  # raised before anything was sent
        return Outcome.refused(Reason.REJECTED)
    logger.error("Mailgun: unexpected %s", type(problem).__name__)
    return Outcome.unknown(Reason.PROVIDER_ERROR)
