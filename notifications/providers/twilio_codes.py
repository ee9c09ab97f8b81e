"""Twilio's error codes and statuses in our vocabulary (research/domain.md §3.3)."""

from __future__ import annotations

from notifications.kinds import DeliveryState, Reason

REFUSED = {
    "21211": Reason.INVALID_NUMBER,
    "21214": Reason.INVALID_NUMBER,
    "21217": Reason.INVALID_NUMBER,
    "21610": Reason.OPTED_OUT,
    "21614": Reason.NOT_SMS_CAPABLE,
    "21635": Reason.NOT_SMS_CAPABLE,  # a landline
}
WRONG_SENDER = frozenset({"21212", "21603", "21606"})  # of one clinic: the other clinics' messages go on
WRONG_SETUP = frozenset({"20003", "20005", "20006", "21408", "21612"})
ONE_PAIR = frozenset({"21408", "21612"})  # the country, or sender and recipient together: says nothing of the next one
BUSY = frozenset({"20429", "21611", "14107"})  # never processed, always safe to retry

UNDELIVERED = {
    **REFUSED,
    "30002": Reason.PROVIDER_SETUP,
    "30003": Reason.UNREACHABLE,
    "30004": Reason.BLOCKED,
    "30005": Reason.INVALID_NUMBER,
    "30006": Reason.NOT_SMS_CAPABLE,
    "30007": Reason.FILTERED,
    "30036": Reason.TOO_LATE,  # ValidityPeriod ran out in Twilio's queue
}
STATES = {
    "accepted": DeliveryState.ACCEPTED,
    "scheduled": DeliveryState.ACCEPTED,
    "queued": DeliveryState.ACCEPTED,
    "sending": DeliveryState.ACCEPTED,
    "sent": DeliveryState.ACCEPTED,
    "partially_delivered": DeliveryState.ACCEPTED,
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.DELIVERED,
    "undelivered": DeliveryState.UNDELIVERED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.FAILED,
}
BAD = frozenset({DeliveryState.UNDELIVERED, DeliveryState.FAILED})


def translate(status: str, code: str) -> tuple[DeliveryState, Reason | None]:
    """Return what a status and its error code mean; raises KeyError for a status Twilio does not document."""
    state = STATES[status]
    return state, UNDELIVERED.get(code, Reason.REJECTED) if state in BAD else None
