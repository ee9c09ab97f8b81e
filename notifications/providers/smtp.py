"""E-mail through any SMTP server: a few connections a batch, no receipts, nobody to ask afterwards."""

from __future__ import annotations

import logging
import math
import smtplib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.utils import make_msgid

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend
from django.http import HttpRequest

from notifications.kinds import Channel, Reason
from notifications.providers.base import InvalidSignature, Outcome, Outgoing, Receipt, Sought
from notifications.providers.brake import Brake
from notifications.providers.email import compose, is_one_address
from notifications.providers.loopback import is_loopback
from notifications.providers.mail_codes import code_of, reason_of

logger = logging.getLogger(__name__)
WORTH_A_CONNECTION = 25  # messages: below this a second greeting costs more than it saves


class PhaseMixin(smtplib.SMTP):
    """Remembers whether the message itself is under way: before DATA nothing has been sent."""

    in_data = False

    def mail(self, sender: str, options: Sequence[str] = ()) -> tuple[int, bytes]:
        """Begin a message."""
        self.in_data = False
        return super().mail(sender, options)

    def data(self, msg: object) -> tuple[int, bytes]:
        """Send the message; `in_data` stays true when the server's verdict never came."""
        self.in_data = True
        answer = super().data(msg)  # type: ignore[arg-type]
        self.in_data = False
        return answer


class PhasedSMTP(PhaseMixin):
    """SMTP, with STARTTLS or without."""


class PhasedSMTPS(PhaseMixin, smtplib.SMTP_SSL):
    """SMTP over TLS."""


class PhasedBackend(EmailBackend):
    """Django's backend with connections that know how far they came."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """Return the class of the connection."""
        return PhasedSMTPS if self.use_ssl else PhasedSMTP

    @property
    def in_data(self) -> bool:
        """Whether the last message may have been taken."""
        return bool(getattr(self.connection, "in_data", False))


class SmtpProvider:
    """The e-mail channel by SMTP."""

    name = "smtp"
    channel = Channel.EMAIL
    has_receipts = False

    def __init__(self) -> None:
        self.is_real = not is_loopback(settings.EMAIL_HOST)

    def send(self, batch: Sequence[Outgoing]) -> Sequence[Outcome]:
        """Hand over every message; a large batch goes over several connections. One outcome each, in order."""
        brake = Brake(settings.LEASE_SECONDS - settings.PROVIDER_TIMEOUT - 10)
        width = min(settings.SMTP_CONNECTIONS, math.ceil(len(batch) / WORTH_A_CONNECTION))
        if width < 2:
            return self._over_one(batch, brake)
        shares = [batch[first::width] for first in range(width)]
        with ThreadPoolExecutor(width, thread_name_prefix="smtp") as threads:
            told = [list(outcomes) for outcomes in threads.map(self._over_one, shares, [brake] * width)]
        return [told[index % width][index // width] for index in range(len(batch))]

    def _over_one(self, share: Sequence[Outgoing], brake: Brake) -> Sequence[Outcome]:
        """Hand a share over on one connection, opened anew if the server hangs up."""
        backend = PhasedBackend(timeout=settings.EMAIL_TIMEOUT)
        try:
            return [brake.stopped(message.sender) or self._send_one(backend, message, brake) for message in share]
        finally:
            hang_up(backend)

    def _send_one(self, backend: PhasedBackend, message: Outgoing, brake: Brake) -> Outcome:
        outcome, everything = _connected(backend), True
        if outcome is None:
            outcome, everything = _handed_over(backend, message), False
        brake.note(outcome, message.sender, everything=everything)
        return outcome

    def lookup(self, sought: Sought) -> Receipt | None:
        """Return None: SMTP knows no history. The engine sends single notices once more and bulks never."""
        return None

    def parse_receipt(self, request: HttpRequest, path: Mapping[str, str]) -> Sequence[Receipt]:
        """Raise InvalidSignature: SMTP calls nobody back."""
        raise InvalidSignature("SMTP has no callbacks")

    def close(self) -> None:
        """Do nothing: a connection lasts one batch."""


def _connected(backend: PhasedBackend) -> Outcome | None:
    """Open the connection unless it is open; returns the outcome of everything when that fails."""
    try:
        backend.open()
    except smtplib.SMTPAuthenticationError as problem:
        hang_up(backend)
        temporary = 400 <= problem.smtp_code < 500
        return Outcome.later(Reason.PROVIDER_BUSY) if temporary else Outcome.setup(str(problem.smtp_code))
    except smtplib.SMTPNotSupportedError:
        hang_up(backend)
        return Outcome.setup("starttls")
    except (OSError, smtplib.SMTPException):
        hang_up(backend)
        return Outcome.later(Reason.PROVIDER_DOWN)
    return None


def _handed_over(backend: PhasedBackend, message: Outgoing) -> Outcome:
    if not is_one_address(message.recipient):
        return Outcome.refused(Reason.UNKNOWN_ADDRESS)
    provider_id = make_msgid(domain=settings.DEFAULT_FROM_EMAIL.rpartition("@")[2])
    try:
        mail = compose(message, calendar_inline=True)
        mail.extra_headers["Message-ID"] = provider_id
        backend.send_messages([mail])
        return Outcome.accepted(provider_id[:120])
    except Exception as problem:  # whatever it is, the other messages go on
        outcome = explained(problem, in_data=backend.in_data)
        if not isinstance(problem, smtplib.SMTPRecipientsRefused | smtplib.SMTPResponseException):
            hang_up(backend)
        return outcome


def hang_up(backend: PhasedBackend) -> None:
    """Close the connection whatever state it is in; the next message opens a new one."""
    try:
        backend.close()
    except (OSError, smtplib.SMTPException):
        backend.connection = None


def explained(problem: Exception, *, in_data: bool) -> Outcome:
    """Return what an exception says about the message; `in_data` decides when the server fell silent."""
    match problem:
        case smtplib.SMTPRecipientsRefused():
            (code, text) = next(iter(problem.recipients.values()))
            return _by_reply(code, text, Reason.UNKNOWN_ADDRESS)
        case smtplib.SMTPSenderRefused() if problem.smtp_code >= 500:
            return Outcome.setup(str(problem.smtp_code))
        case smtplib.SMTPResponseException():
            return _by_reply(problem.smtp_code, problem.smtp_error, Reason.REJECTED)
        case smtplib.SMTPServerDisconnected() | TimeoutError() | ConnectionError():
            return Outcome.unknown(Reason.NO_ANSWER) if in_data else Outcome.later(Reason.PROVIDER_DOWN)
        case UnicodeError() | ValueError() | smtplib.SMTPNotSupportedError():  # before anything was sent
            return Outcome.refused(Reason.REJECTED)
        case _:
            logger.error("SMTP: unexpected %s", type(problem).__name__)
            return Outcome.unknown(Reason.PROVIDER_ERROR) if in_data else Outcome.later(Reason.PROVIDER_DOWN)


def _by_reply(code: int, text: bytes | str, otherwise: Reason) -> Outcome:
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if code < 500:
        return Outcome.later(Reason.PROVIDER_BUSY, str(code))
    telling = code_of(code, told)
    reason = reason_of(telling)
    return Outcome.refused(otherwise if reason == Reason.REJECTED else reason, telling[:20])
