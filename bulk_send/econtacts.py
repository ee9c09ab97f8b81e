"""E-contact: dialog, billing card and notice in the slice's own transaction; never one without the other (spec I5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from bulk_send import confirming, placeholders
from bulk_send.models import Bulk, Handover
from bulk_send.placeholders import Filled
from bulk_send.turns import Turn
from clinics.models import EContactProvider, Practitioner
from economy import bulk_cards
from economy.tariff import Tariff
from notifications.bulk import insert_each
from notifications.kinds import LIFETIME, External, Kind, Lane, Reason, SubjectType
from notifications.kinds import State as NoticeState
from notifications.models import Notification, link_token
from post import econtact
from post.models import Source

HELD = timedelta(0)  # a notice that nobody lets go dies the moment it is due: it cannot go before its e-contact


def make(bulk: Bulk, turns: Sequence[Turn], now: datetime) -> dict[int, str]:
    """Make everything for each; returns the reason for those who got nothing, by recipient."""
    practitioners = practitioners_for(bulk, turns)
    going = [turn for turn in turns if turn.recipient in practitioners]
    if going:
        messages = open_dialogs(bulk, going, now)
        open_cards(bulk, going, practitioners, now)
        plan_notices(bulk, going, messages, now)
        hand_over(bulk, [turn for turn in going if turn.has_econtact], now)
    return {turn.recipient: Reason.NO_PRACTITIONER for turn in turns if turn.recipient not in practitioners}


def practitioners_for(bulk: Bulk, turns: Sequence[Turn]) -> dict[int, int]:
    """Return whose name is on each card: the sender if a clinician, else the GP, else the one chosen (spec I5)."""
    by = bulk.confirmed_by
    sender = confirming.sender_as_practitioner(bulk, by) if by else None
    if sender:
        return {turn.recipient: sender.pk for turn in turns}
    found = {turn.recipient: turn.general_practitioner or bulk.practitioner_id for turn in turns}
    known = set(Practitioner.objects.of(bulk.clinic).filter(pk__in=set(found.values())).values_list("pk", flat=True))
    return {recipient: pk for recipient, pk in found.items() if pk in known and pk is not None}


def open_dialogs(bulk: Bulk, turns: Sequence[Turn], now: datetime) -> dict[int, int]:
    """Open the dialogs; returns the message's pk by recipient."""
    wanted = [
        econtact.ToOpen(turn.recipient, turn.patient, source_of(bulk, turn), text_for(bulk, turn)) for turn in turns
    ]
    assert bulk.confirmed_by is not None  # noqa: S101 # nosec B101 - a slice is made of a confirmed bulk only
    return econtact.open_many(wanted, clinic=bulk.clinic, subject=bulk.subject, by=bulk.confirmed_by, now=now)


def source_of(bulk: Bulk, turn: Turn) -> str:
    """Return where the dialog is kept: with the clinic's provider if it knows the patient, else in our portal."""
    return bulk.clinic.econtact_provider if turn.has_econtact else Source.OWN


def text_for(bulk: Bulk, turn: Turn) -> str:
    """Return the text with the names filled in."""
    return placeholders.fill(bulk.text, Filled(turn.given_name, bulk.clinic.alias, bulk.clinic.phone))


def open_cards(bulk: Bulk, turns: Sequence[Turn], practitioners: dict[int, int], now: datetime) -> None:
    """Open a card with the frozen takst for each: open, the patient's share 0, and no receipt notice."""
    wanted = [bulk_cards.ToOpen(turn.recipient, turn.patient, practitioners[turn.recipient]) for turn in turns]
    assert bulk.confirmed_by is not None  # noqa: S101 # nosec B101
    assert bulk.tariff_on is not None  # noqa: S101 # nosec B101 - frozen with the list
    bulk_cards.open_many(
        wanted,
        clinic=bulk.clinic,
        tariff=Tariff.objects.get(code=bulk.code, valid_from=bulk.tariff_on),
        service_date=now.astimezone(bulk.clinic.zone).date(),
        by=bulk.confirmed_by,
        now=now,
    )


def plan_notices(bulk: Bulk, turns: Sequence[Turn], messages: dict[int, int], now: datetime) -> None:
    """Promise the notices. Helsenorge notifies itself; Besøklegen's waits until the gateway has taken the e-contact."""
    by_gateway = [turn for turn in turns if turn.has_econtact]
    own = [turn for turn in turns if not turn.has_econtact]
    promise(bulk, own, messages, now, due_at=now)
    if bulk.clinic.econtact_provider == EContactProvider.HELSENORGE:
        promise(bulk, by_gateway, messages, now, due_at=now, external=External.HELSENORGE)
    else:
        promise(bulk, by_gateway, messages, now, due_at=now + LIFETIME[Kind.ECONTACT], lives=HELD)


def promise(
    bulk: Bulk,
    turns: Sequence[Turn],
    messages: dict[int, int],
    now: datetime,
    *,
    due_at: datetime,
    lives: timedelta = LIFETIME[Kind.ECONTACT],
    external: str = "",
) -> None:
    """Insert one notice for each message; it dies `lives` after it was due."""
    like = Notification(
        clinic=bulk.clinic,
        kind=Kind.ECONTACT,
        subject_type=SubjectType.MESSAGE,
        slot="message",
        lane=Lane.BULK,
        state=NoticeState.EXTERNAL if external else NoticeState.WAITING,
        external=external,
        event_at=now,
        due_at=due_at,
        expires_at=due_at + lives,
        settled_at=now if external else None,
        by=bulk.confirmed_by,
        batch=bulk.pk,
    )
    rows = [(messages[turn.recipient], turn.patient, link_token()) for turn in turns]
    insert_each(like, ("subject_id", "patient", "token"), rows)


def hand_over(bulk: Bulk, turns: Sequence[Turn], now: datetime) -> None:
    """Queue for the gateway those whom the clinic's provider knows."""
    like = Handover(
        clinic=bulk.clinic,
        bulk=bulk,
        provider=bulk.clinic.econtact_provider,
        due_at=now,
        expires_at=now + LIFETIME[Kind.ECONTACT],
    )
    insert_each(like, ("recipient", "reference"), [(turn.recipient, uuid4()) for turn in turns])
