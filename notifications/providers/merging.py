"""Many e-mails in one call: who may share a call, and how texts are kept from being read as variables."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from django.core.mail import EmailMultiAlternatives

from notifications.providers.base import Outgoing
from notifications.providers.email import LONGEST_SUBJECT, compose, is_one_address, one_line, sender_line

LARGEST = 1000  # recipients a call, Mailgun's own limit
# What Mailgun replaces in any text. A word joiner after the first % is invisible and breaks the name.
VARIABLE = re.compile(r"%(?=(?:recipient|unsubscribe|mailing_list|tag_unsubscribe)[\w.:-]*%)", re.IGNORECASE)
SURROGATE = re.compile(r"[\ud800-\udfff]")
WORD_JOINER = "\u2060"

Numbered = tuple[int, Outgoing]  # the message and its place in the batch


def literal(text: str) -> str:
    """Return plain text that is never taken for a variable."""
    return VARIABLE.sub("%" + WORD_JOINER, text)


def literal_html(html: str) -> str:
    """Return HTML that is never taken for a variable; it looks the same."""
    return VARIABLE.sub("&#37;", html)


def groups(batch: Sequence[Outgoing]) -> list[list[Numbered]]:
    """Share the batch out on calls: one sender a call, no address twice in it, calendars and odd addresses alone."""
    alone: list[list[Numbered]] = []
    calls: defaultdict[tuple[str, bool], list[list[Numbered]]] = defaultdict(list)
    addresses: defaultdict[tuple[str, bool], list[set[str]]] = defaultdict(list)
    for numbered in enumerate(batch):
        message = numbered[1]
        if not is_mergeable(message):
            alone.append([numbered])
            continue
        key = message.sender, bool(message.html)
        _place(numbered, calls[key], addresses[key])
    return [call for shared in calls.values() for call in shared] + alone


def is_mergeable(message: Outgoing) -> bool:
    """Whether the message may share a call: an odd one fails alone, and a file would go to everybody."""
    parts = message.subject, message.text, message.html
    writable = not any(SURROGATE.search(part) for part in parts)  # JSON would carry it, and break at the far end
    return writable and not message.calendar and message.recipient.isascii() and is_one_address(message.recipient)


def _place(numbered: Numbered, calls: list[list[Numbered]], addresses: list[set[str]]) -> None:
    address = numbered[1].recipient.casefold()
    for call, taken in zip(calls, addresses, strict=True):
        if len(call) < LARGEST and address not in taken:
            call.append(numbered)
            taken.add(address)
            return
    calls.append([numbered])
    addresses.append({address})


def single(message: Outgoing) -> EmailMultiAlternatives:
    """Return one mail for one call."""
    mail = compose(message, calendar_inline=False)
    mail.body, mail.subject = literal(message.text), literal(str(mail.subject))
    mail.from_email = literal(mail.from_email)
    mail.alternatives = [(literal_html(str(part[0])), part[1]) for part in mail.alternatives]
    mail.metadata = {"attempt": message.token}  # type: ignore[attr-defined]
    return untracked(mail)


def merged(messages: Sequence[Outgoing]) -> EmailMultiAlternatives:
    """Return one mail that becomes one for each recipient, with nothing in it but variables."""
    mail = EmailMultiAlternatives(
        subject="%recipient.subject%",
        body="%recipient.text%",
        from_email=literal(sender_line(messages[0].sender)),
        to=[message.recipient for message in messages],
    )
    if messages[0].html:
        mail.attach_alternative("%recipient.html%", "text/html")
    mail.merge_data = {message.recipient: variables(message) for message in messages}  # type: ignore[attr-defined]
    mail.merge_metadata = {message.recipient: {"attempt": message.token} for message in messages}  # type: ignore[attr-defined]
    return untracked(mail)


def variables(message: Outgoing) -> dict[str, str]:
    """Return what differs from recipient to recipient."""
    subject = literal(one_line(message.subject, LONGEST_SUBJECT))
    return {"subject": subject, "text": literal(message.text), "html": literal_html(message.html)}


def untracked(mail: EmailMultiAlternatives) -> EmailMultiAlternatives:
    """Forbid counting of openings and clicks: links in a notice are nobody else's business (spec C5)."""
    mail.track_opens = mail.track_clicks = False  # type: ignore[attr-defined]
    return mail
