"""Let a neighbour in: key, signature, replay window, rate, contract, grant; then carry the event out, once.

The inbox row is written in the same transaction as what the event does: there is never one without the other. What has
been carried out answers the same when told again; what was refused changed nothing, and is judged anew.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from integrations import calls, events, grants, keys
from integrations.events import Event, Refused
from integrations.neighbour_models import InboxEvent, KeyPair, Neighbour, Result, Why
from integrations.reading import Malformed
from integrations.signing import Knock

log = logging.getLogger(__name__)
STATUS = {
    Why.BAD_SIGNATURE: 401,
    Why.STALE: 401,
    Why.TOO_MANY: 429,
    Why.MALFORMED: 400,
    Why.UNKNOWN_TYPE: 400,
    Why.NOT_GRANTED: 403,
    Why.ID_REUSED: 409,
    Why.CHANGED_HERE: 409,
    Why.OUR_ERROR: 500,
}
UNREAD = "?"  # the kind of a call that was turned away before it was read


@dataclass(frozen=True, slots=True)
class Reply:
    """What the neighbour is answered: numbers, ids and codes of the contract."""

    status: int
    body: Mapping[str, Any]


def take(neighbour: Neighbour, knock: Knock, now: datetime) -> Reply:
    """Judge one call and carry it out. Whoever cannot sign learns nothing but 401."""
    pair = keys.find(neighbour, knock.key_id)
    if pair is None:
        return UNSIGNED
    if why := why_turned_away(pair, knock, now):
        result = Result.FORGED if why == Why.BAD_SIGNATURE else Result.REFUSED
        return noted(pair, UNREAD, result, refusal(why), now, why=why)
    try:
        event = events.read(neighbour, knock.body)
    except Malformed as error:
        return noted(pair, UNREAD, Result.REFUSED, refusal(Why.MALFORMED, error.where), now, why=Why.MALFORMED)
    except Refused as error:
        return noted(pair, UNREAD, Result.REFUSED, refusal(error.why), now, why=error.why)
    return carry_out(pair, knock, event, now)


def why_turned_away(pair: KeyPair, knock: Knock, now: datetime) -> Why | None:
    """Return why the call is not read at all, or None."""
    if not knock.is_signed_by(keys.secrets_of(pair, now)):
        return Why.BAD_SIGNATURE
    if not knock.is_fresh(now):
        return Why.STALE
    if calls.this_minute(pair.clinic, pair.neighbour, now) >= settings.NEIGHBOUR_CALLS_PER_MINUTE:
        return Why.TOO_MANY
    return None if grants.is_granted(pair.clinic, pair.neighbour) else Why.NOT_GRANTED


def carry_out(pair: KeyPair, knock: Knock, event: Event, now: datetime) -> Reply:
    """Do what the event asks for, unless that has been done; every way it can go is in the log."""
    digest = sha256(knock.body).hexdigest()
    try:
        result, answer = told_before(pair, knock.event_id, digest) or first_time(
            pair, knock.event_id, digest, event, now
        )
    except Refused as refused:
        return noted(pair, event.type, Result.REFUSED, refusal(refused.why), now, why=refused.why)
    except Exception as error:  # noqa: BLE001 - the neighbour tries again, and no neighbour's event stops another's
        log.error("event of %s for clinic %s failed: %s", pair.neighbour, pair.clinic_id, whereabouts(error))
        return noted(pair, event.type, Result.FAILED, refusal(Why.OUR_ERROR), now, why=Why.OUR_ERROR)
    return noted(pair, event.type, result, Reply(200, answer), now)


def whereabouts(error: Exception) -> str:
    """Return what went wrong and where, without its message: a database's quotes whole rows (spec C4)."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {last.name}, line {last.lineno} of {Path(last.filename).name}"


Told = tuple[Result, Mapping[str, Any]]


def told_before(pair: KeyPair, event_id: str, digest: str) -> Told | None:
    """Return the first answer to an event that has been carried out. Raises Refused for another under its id."""
    rows = InboxEvent.objects.of(pair.clinic).filter(neighbour=pair.neighbour, event_id=event_id)
    return repeated(rows.first(), digest)


def repeated(row: InboxEvent | None, digest: str) -> Told | None:
    """Return the row's answer, None while it has none. Raises Refused when the row is another event's."""
    if row and row.digest != digest:
        raise Refused(Why.ID_REUSED)
    return (Result.REPEATED, row.answer) if row and row.answer is not None else None


def first_time(pair: KeyPair, event_id: str, digest: str, event: Event, now: datetime) -> Told:
    """Carry the event out with its inbox row locked: of many at once, one does it and the others wait for its answer.

    Raises Refused; the row then remains, without an answer.
    """
    with transaction.atomic():
        fresh = {"digest": digest, "type": event.type, "received_at": now}
        known = {"clinic": pair.clinic, "neighbour": pair.neighbour, "event_id": event_id}
        made, _ = InboxEvent.objects.get_or_create(**known, defaults=fresh)
        row = InboxEvent.objects.select_for_update().get(pk=made.pk)
        if done := repeated(row, digest):
            return done
        try:
            with transaction.atomic():
                row.answer = event.apply(pair.clinic, now)
        except Refused as error:
            refused = error
        else:
            row.save(update_fields=["answer"])
            return Result.DONE, row.answer
    raise refused


def refusal(why: Why, where: str = "") -> Reply:
    """Return the answer that refuses: the contract's code, and the field when there is one."""
    body = {"code": "unauthorized"} if why == Why.BAD_SIGNATURE else {"code": why.value}
    if where:
        body["field"] = where
    return Reply(STATUS.get(why, 422), body)


UNSIGNED = refusal(Why.BAD_SIGNATURE)


def noted(pair: KeyPair, kind: str, result: Result, reply: Reply, now: datetime, *, why: Why | None = None) -> Reply:
    """Write the call down and return the reply."""
    calls.note(pair.clinic, pair.neighbour, kind, result, why, now)
    return reply
