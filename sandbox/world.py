"""What the sandbox knows: the messages it took, who owns which number, the push subscriptions."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from aiohttp import web

from sandbox.log import GroundTruth
from sandbox.modes import GATEWAYS, Modes


@dataclass(frozen=True, slots=True)
class Settings:
    """What the sandbox shares with the product, from the environment and the command line."""

    account_sid: str
    auth_token: str
    mailgun_key: str
    signing_key: str
    webhook_secret: str  # user:password
    callback_url: str
    gateway_tokens: Mapping[str, str]  # bearer tokens of the e-contact gateways, by channel
    oidc_client: tuple[str, str] = ("pasientvarsel", "sandkasse")  # id and secret at the log-in provider


@dataclass(slots=True)
class File:
    """An attachment, kept as text (an .ics is one; of a gateway's, its base64)."""

    name: str
    content_type: str
    text: str


@dataclass(slots=True)
class Message:
    """One message that was taken over; `at` is seconds since the epoch."""

    id: str
    channel: str
    to: str
    text: str
    at: float
    sender: str = ""
    subject: str = ""
    kind: str = ""  # e-contact gateways: econtact, dialogs or appointments
    html: str = ""
    token: str = ""
    callback: str = ""
    status: str = ""
    code: str = ""
    outcome: str = "delivered"
    link: str = ""  # push: the token of what the app opens
    files: list[File] = field(default_factory=list)
    events: list[dict[str, object]] = field(default_factory=list)  # mail: what the events API lists
    key: int = 0

    def as_json(self) -> dict[str, object]:
        """Return what GET /messages lists."""
        return asdict(self)


@dataclass(slots=True)
class Subscription:
    """A push subscription with the keys the browser would keep to itself (base64url)."""

    id: str
    owner: str
    private_key: str
    p256dh: str
    auth: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class PersonCard:
    """Whose phone it is: told by PUT /people, so that number, address and push stand on one page."""

    name: str
    mobile: str = ""
    email: str = ""
    push: str = ""
    national_number: str = ""  # for the log-in provider's page
    econtact: Sequence[str] = ()  # the numbers that e-contact gateways know the person by; shown nowhere
    is_active: bool = False  # whether the gateways say that the person uses the service

    @property
    def contacts(self) -> tuple[str, ...]:
        """Everything the person can be reached at, as the page shows it."""
        return tuple(contact for contact in (self.mobile, self.email, self.push) if contact)


class World:
    """Everything in memory; the log brings it back after a restart."""

    def __init__(self, settings: Settings, log: GroundTruth, modes: Modes) -> None:
        self.settings = settings
        self.log = log
        self.modes = modes
        self.revision = 0
        self._clear()
        for line in log.since_cleared():
            self._remember(line)

    def _clear(self) -> None:
        self.messages: list[Message] = []
        self.by_id: dict[str, Message] = {}
        self.by_recipient: defaultdict[tuple[str, str], list[Message]] = defaultdict(list)
        self.subscriptions: dict[str, Subscription] = {}
        self.people: list[PersonCard] = []
        self.keys = itertools.count(1)

    def _remember(self, line: dict[str, object]) -> None:
        match line:
            case {"kind": "request", "accepted": True, "message": dict(values)}:
                files = [File(**item) for item in values.pop("files", [])]
                self._keep(Message(**values, files=files))
            case {"kind": "subscription", "subscription": dict(values)}:
                self.subscriptions[str(values["id"])] = Subscription(**values)
            case {"kind": "people", "people": list(cards)}:
                self.people = [PersonCard(**card) for card in cards]

    def _keep(self, message: Message) -> None:
        message.key = next(self.keys)
        self.messages.append(message)
        self.by_id[message.id] = message
        self.by_recipient[message.channel, message.to.casefold()].append(message)
        self.revision += 1

    def accept(self, batch: Sequence[Message], mode: str) -> None:
        """Take the messages of one request over, and write them to the log before anything is answered."""
        self.log.write_many([_line(message, mode, accepted=True) for message in batch])
        for message in batch:
            self._keep(message)

    def refuse(self, batch: Sequence[Message], mode: str) -> None:
        """Write down what was offered and not taken."""
        self.log.write_many([_line(message, mode, accepted=False) for message in batch])

    def sent_to(self, channel: str, to: str) -> list[Message]:
        """Return what the recipient got on a channel, oldest first."""
        return self.by_recipient.get((channel, to.casefold()), [])

    def subscribe(self, subscription: Subscription) -> None:
        """Add or change a push subscription."""
        self.subscriptions[subscription.id] = subscription
        self.log.write({"t": time.time(), "kind": "subscription", "subscription": asdict(subscription)})
        self.revision += 1

    def introduce(self, people: list[PersonCard]) -> None:
        """Learn who owns which number and address."""
        self.people = people
        self.log.write({"t": time.time(), "kind": "people", "people": [asdict(card) for card in people]})
        self.revision += 1

    def clear(self) -> None:
        """Forget the messages; the log keeps them, subscriptions and people stay."""
        subscriptions, people = self.subscriptions, self.people
        self.log.write({"t": time.time(), "kind": "cleared"})
        self._clear()
        self.introduce(people)
        for subscription in subscriptions.values():
            self.subscribe(subscription)


def _line(message: Message, mode: str, *, accepted: bool) -> dict[str, object]:
    line: dict[str, object] = {
        "t": message.at,
        "kind": "request",
        "channel": message.channel,
        "token": message.token,
        "to": message.to,
        "hash": hashlib.sha256(message.text.encode("utf-8", "replace")).hexdigest(),
        "body": message.text,
        "id": message.id if accepted else "",
        "mode": mode,
        "accepted": accepted,
    }
    if accepted:
        line["message"] = _stored(message)
    return line


def _stored(message: Message) -> dict[str, object]:
    """What a restart needs beyond defaults; kept small, because the line is written for every message."""
    stored: dict[str, object] = {
        "id": message.id,
        "channel": message.channel,
        "to": message.to,
        "text": message.text,
        "at": message.at,
        "status": message.status,
        "token": message.token,
        "sender": message.sender,
        "outcome": message.outcome,
    }
    if message.link:
        stored["link"] = message.link
    if message.channel in GATEWAYS:
        stored |= {"subject": message.subject, "kind": message.kind}
        stored["files"] = [asdict(item) for item in message.files]
    if message.channel == "email":
        stored |= {"subject": message.subject, "html": message.html, "events": message.events}
        stored["files"] = [asdict(item) for item in message.files]
    return stored


WORLD = web.AppKey("world", World)
