"""How an e-mail is built, whatever carries it: text, HTML, calendar, and headers nobody can smuggle lines into."""

from __future__ import annotations

import re
import unicodedata
from email.headerregistry import Address
from email.mime.text import MIMEText

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from notifications.providers.base import Outgoing

METHOD = re.compile(r"^METHOD:([A-Z]+)\s*$", re.MULTILINE)
ONE_ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@[^\s@,;:<>()\[\]\"\\]+")
LONGEST_NAME = 70  # characters before the address
LONGEST_SUBJECT = 200
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # line ends, NUL, direction marks, lone surrogates


def one_line(text: str, longest: int) -> str:
    """Return the text fit for a header: no line ends, no controls, no direction marks."""
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(char) in INVISIBLE else char for char in text)
    return " ".join(text.split())[:longest].strip()


def is_one_address(recipient: str) -> bool:
    """Whether it is one bare address: a list would reach people who should not have the message."""
    return ONE_ADDRESS.fullmatch(recipient) is not None


def sender_line(alias: str) -> str:
    """Return «Clinic alias <address>» for From."""
    return str(Address(one_line(alias, LONGEST_NAME), addr_spec=settings.DEFAULT_FROM_EMAIL))


def compose(message: Outgoing, *, calendar_inline: bool) -> EmailMultiAlternatives:
    """Return the mail; `calendar_inline` adds the calendar as an alternative too, which some mail APIs cannot carry."""
    mail = EmailMultiAlternatives(
        subject=one_line(message.subject, LONGEST_SUBJECT),
        body=message.text,
        from_email=sender_line(message.sender),
        to=[message.recipient],
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    if message.calendar:
        if calendar_inline:
            mail.attach_alternative(message.calendar, f"text/calendar; method={calendar_method(message.calendar)}")
        mail.attach(invitation(message.calendar))
    return mail


def calendar_method(calendar: str) -> str:
    """Return REQUEST, CANCEL or PUBLISH as the calendar itself says; mail programs want it in the content type too."""
    found = METHOD.search(calendar.replace("\r\n", "\n"))
    return found[1] if found else "PUBLISH"


def invitation(calendar: str) -> MIMEText:
    """Return the calendar as an attachment, base64 because some servers refold long lines."""
    part = MIMEText(calendar, "calendar", "utf-8")
    part.set_param("method", calendar_method(calendar))
    part.add_header("Content-Disposition", "attachment", filename="invite.ics")
    return part
