"""Why mail servers refuse, in our vocabulary: enhanced codes (RFC 3463), plain codes, and words as a last resort."""

from __future__ import annotations

import re

from notifications.kinds import DeliveryState, Reason

ENHANCED = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
BY_PREFIX = (
    (re.compile(r"[45]\.2\.2|552|452"), Reason.MAILBOX_FULL),
    (re.compile(r"[45]\.(1\.\d+|2\.1)|550|551|553|605|499"), Reason.UNKNOWN_ADDRESS),
    (re.compile(r"607"), Reason.COMPLAINT),
    (re.compile(r"[45]\.7\.\d+|554"), Reason.FILTERED),
)
WORDS = (
    (re.compile(r"mailbox (is )?full|over ?quota|quota exceeded|insufficient storage", re.IGNORECASE), "5.2.2"),
    (re.compile(r"spam|blocked|policy|blacklist|blocklist", re.IGNORECASE), "5.7.1"),
    (re.compile(r"(user|account|mailbox|address|recipient).*(unknown|not exist|not found|unavailable)", re.I), "5.1.1"),
)
STATES = {  # Anymail's event types that say something of delivery
    "queued": DeliveryState.ACCEPTED,
    "sent": DeliveryState.ACCEPTED,
    "delivered": DeliveryState.DELIVERED,
    "bounced": DeliveryState.BOUNCED,
    "rejected": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "complained": DeliveryState.DELIVERED,  # it did arrive, and should not have been sent
}


def code_of(code: object, *texts: object) -> str:
    """Return the most telling code: an enhanced one, one the words stand for, or the plain number."""
    told = " ".join(str(text) for text in texts if text)
    if found := ENHANCED.search(told):
        return found[0]
    plain = str(code or "")
    if reason_of(plain) != Reason.REJECTED:
        for words, meant in WORDS[:1]:  # 550 is also used for a full mailbox
            if words.search(told):
                return meant
        return plain
    return next((meant for words, meant in WORDS if words.search(told)), plain)


def reason_of(code: str) -> Reason:
    """Return why a mail with this code was not delivered."""
    return next((reason for pattern, reason in BY_PREFIX if pattern.fullmatch(code)), Reason.REJECTED)


def translate(status: str, code: str) -> tuple[DeliveryState, Reason | None]:
    """Return what an event and its code mean; raises KeyError for an event that says nothing of delivery."""
    state = STATES[status]
    if status == "complained":
        return state, Reason.COMPLAINT
    return state, reason_of(code) if state in {DeliveryState.BOUNCED, DeliveryState.FAILED} else None
