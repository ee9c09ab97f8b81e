"""One stage for each provider: how to address somebody, how to make the provider misbehave, what arrived."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from django.utils import timezone

from notifications.kinds import Channel
from notifications.providers import push as push_module
from notifications.providers.base import Outcome, Outgoing, Provider, Sought
from notifications.providers.registry import provider_for
from patients.models import PushSubscription
from tests.factories import PersonFactory
from tests.sandbox.running import Sandbox, free_port

HANGS = {"hang", "hang-accepted", "drip"}  # modes in which no answer comes
HANG = 20  # seconds that the sandbox hangs


class Stage:
    """What the exam needs to know of a provider."""

    channel: Channel
    code = ""  # of a refusal for good

    def __init__(self, settings: object, sandbox: Sandbox, monkeypatch: object) -> None:
        self.settings = settings
        self.sandbox = sandbox
        self.monkeypatch = monkeypatch

    @contextmanager
    def open(self) -> Iterator[Stage]:
        """Stand ready while the block runs."""
        yield self

    @property
    def provider(self) -> Provider:
        """The provider under the present settings."""
        return provider_for(self.channel)

    def send(self, *messages: Outgoing) -> list[Outcome]:
        """Hand over and return the outcomes."""
        return list(self.provider.send(messages))

    def outgoing(self, recipient: str, text: str, **more: object) -> Outgoing:
        """Return a message with a token of its own."""
        expires_at = timezone.now() + timedelta(hours=2)
        return Outgoing(secrets.token_hex(16), recipient, text, expires_at, sender="Klinikken", **more)

    def fails(self, mode: str, **more: object) -> None:
        """Make the provider misbehave."""
        self.waits(mode)
        self.sandbox.modes(**{str(self.channel): {"mode": mode, "seconds": HANG, "code": self.code, **more}})

    def waits(self, mode: str) -> None:
        """Let the product give up soon, where no answer comes."""
        if mode in HANGS:
            self.settings.PROVIDER_TIMEOUT = self.settings.EMAIL_TIMEOUT = 1.0
            self.monkeypatch.setattr(push_module, "SECONDS", 1.0)

    def arrived(self) -> list[str]:
        """Return the texts that were accepted, oldest first."""
        return [str(row["text"]) for row in self.sandbox.messages(channel=str(self.channel))]

    def sought(self, message: Outgoing, **more: object) -> Sought:
        """Return the question what became of the message."""
        return Sought(message.token, message.recipient, message.text, timezone.now(), **more)


class TwilioStage(Stage):
    channel = Channel.SMS
    code = "21610"

    def to(self, number: int, text: str = "Hei") -> Outgoing:
        return self.outgoing(f"+4742{number:06d}", text)

    def refuses(self, message: Outgoing) -> None:
        self.sandbox.modes(sms={"rules": [{"suffix": message.recipient, "mode": "refuse", "code": "21211"}]})

    def is_down(self) -> None:
        self.settings.TWILIO_BASE_URL = f"http://127.0.0.1:{free_port()}"


class MailgunStage(Stage):
    channel = Channel.EMAIL

    def to(self, number: int, text: str = "Hei") -> Outgoing:
        return self.outgoing(f"p{number}@example.com", text, subject="Time")

    def refuses(self, message: Outgoing) -> None:
        self.sandbox.modes(email={"rules": [{"suffix": message.recipient, "mode": "refuse"}]})

    def is_down(self) -> None:
        url = f"http://127.0.0.1:{free_port()}/v3"
        self.settings.ANYMAIL = {**self.settings.ANYMAIL, "MAILGUN_API_URL": url}


class PushStage(Stage):
    channel = Channel.PUSH

    @contextmanager
    def open(self) -> Iterator[Stage]:
        self.rows: list[PushSubscription] = []
        yield self

    def subscription(self, owner: str) -> PushSubscription:
        import requests

        made = requests.post(self.sandbox.url + "/push/subscriptions", json={"owner": owner}, timeout=10).json()
        return PushSubscription.objects.create(
            person=PersonFactory(), endpoint=made["endpoint"], p256dh=made["p256dh"], auth=made["auth"]
        )

    def to(self, number: int, text: str = "Hei") -> Outgoing:
        row = self.subscription(f"p{number}")
        self.rows.append(row)
        return self.outgoing(str(row.pk), text, recipients=[row])

    def refuses(self, message: Outgoing) -> None:
        import requests

        requests.delete(message.recipients[0].endpoint.replace("/push/", "/push/subscriptions/"), timeout=10)

    def is_down(self) -> None:
        base = f"http://127.0.0.1:{free_port()}/push/"
        self.settings.PUSH_BASE_URL = base
        for row in self.rows:
            row.endpoint = base + row.endpoint.rpartition("/")[2]


class MailServer:
    """An SMTP server that can be told to misbehave."""

    def __init__(self) -> None:
        self.mode = "ok"
        self.bad: set[str] = set()
        self.mails: list[object] = []
        self.connections = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # type: ignore[no-untyped-def]
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):  # type: ignore[no-untyped-def]
        if address in self.bad or self.mode == "refuse":
            return "550 5.1.1 No such user"
        if self.mode == "429":
            return "451 4.3.2 Please try again later"
        if self.mode == "reset":
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # type: ignore[no-untyped-def]
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        if self.mode == "reset-accepted":
            server.transport.abort()
        if self.mode == "hang-accepted":
            await asyncio.sleep(3)
        if self.mode == "malformed":
            return "nonsense"
        return "250 OK"


class SmtpStage(Stage):
    channel = Channel.EMAIL

    @contextmanager
    def open(self) -> Iterator[Stage]:
        self.server = MailServer()
        controller = Controller(
            self.server,
            hostname="127.0.0.1",
            port=free_port(),
            auth_require_tls=False,
            authenticator=lambda *args: AuthResult(success=False, handled=False),
        )
        controller.start()
        self.settings.EMAIL_PROVIDER = "smtp"
        self.settings.EMAIL_HOST, self.settings.EMAIL_PORT = "127.0.0.1", controller.port
        try:
            yield self
        finally:
            controller.stop(no_assert=True)

    def to(self, number: int, text: str = "Hei") -> Outgoing:
        return self.outgoing(f"p{number}@example.com", text, subject="Time")

    def fails(self, mode: str, **more: object) -> None:
        self.waits(mode)
        self.server.mode = mode
        if mode == "401":
            self.settings.EMAIL_HOST_USER = self.settings.EMAIL_HOST_PASSWORD = "wrong"

    def refuses(self, message: Outgoing) -> None:
        self.server.bad.add(message.recipient)

    def is_down(self) -> None:
        self.settings.EMAIL_PORT = free_port()

    def arrived(self) -> list[str]:
        texts = [mail.get_body(("plain",)).get_content() for mail in self.server.mails]
        return [text.replace("\r\n", "\n").removesuffix("\n") for text in texts]


STAGES = {"twilio": TwilioStage, "mailgun": MailgunStage, "smtp": SmtpStage, "push": PushStage}
