"""Clear up what is uncertain: dead workers, and e-contacts that the gateway may have; it is asked by our reference."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from bulk_send import handing, settling
from bulk_send.gateways import Found, NoGateway, gateway_for
from bulk_send.models import Handover, HandoverState
from notifications.kinds import Reason
from notifications.providers.base import LookupFailed, Outcome
from notifications.queries import ClaimingQuerySet

log = logging.getLogger(__name__)
BATCH = 200
ASKERS = 8  # threads that talk to the gateway; none of them touches the database
ASK_AGAIN = timedelta(minutes=1)
ASK_SELDOM = timedelta(hours=1)  # past its expiry: it is never guessed at, and never given up

Answer = Found | None | LookupFailed


@transaction.atomic(durable=True)
def reap(now: datetime) -> int:
    """Give up workers whose lease ran out: what they held may have been delivered. Returns how many."""
    rows = Handover.objects.filter(state=HandoverState.SENDING, due_at__lt=now, lease_until__lt=now)
    lost = list(rows.order_by("due_at", "pk").locked()[:BATCH])
    handing.write_unknown([(row, Outcome.unknown(Reason.WORKER_LOST)) for row in lost], now)
    return len(lost)


def due(provider: str, now: datetime) -> ClaimingQuerySet:
    """Return what one gateway is to be asked about, oldest first; a backlog there keeps no other from its own."""
    rows: ClaimingQuerySet = Handover.objects.filter(provider=provider, state=HandoverState.UNKNOWN, due_at__lte=now)
    return rows.order_by("due_at", "pk")


def clear_unknown(provider: str, now: datetime) -> int:
    """Ask one gateway about unknown outcomes: delivered, handed over again, or asked later. Returns how many."""
    asked = take(provider, now)
    if not asked:
        return 0
    settle(asked, ask_all(asked), now)
    return len(asked)


def ask_all(asked: Sequence[Handover]) -> list[Answer]:
    """Look every reference up, a few at a time; stops when the gateway answers nobody, or one would wait for hours."""
    answers: list[Answer] = []
    with ThreadPoolExecutor(ASKERS) as pool:
        while len(answers) < len(asked):
            some = asked[len(answers) : len(answers) + ASKERS]
            told = list(pool.map(ask, [row.provider for row in some], [row.reference for row in some]))
            answers += told
            if all(isinstance(answer, LookupFailed) for answer in told):
                answers += [LookupFailed("not asked")] * (len(asked) - len(answers))
    return answers


@transaction.atomic(durable=True)
def take(provider: str, now: datetime) -> list[Handover]:
    """Return what to ask about, held back first: a second worker, or this one killed, does not ask at once again."""
    found = list(due(provider, now).locked()[:BATCH])
    for wait, some in ((ASK_AGAIN, [r for r in found if r.expires_at > now]), (ASK_SELDOM, found)):
        keys = [row.pk for row in some]
        Handover.objects.filter(pk__in=keys, due_at__lte=now).update(due_at=now + wait)
    settling.hold(found, now)
    return found


def ask(provider: str, reference: UUID) -> Answer:
    """Return the gateway's answer, or the failure to get one."""
    try:
        return gateway_for(provider).lookup(reference)
    except LookupFailed as failure:
        return failure
    except NoGateway as problem:
        return LookupFailed(type(problem).__name__)


@transaction.atomic(durable=True)
def settle(asked: Sequence[Handover], answers: Sequence[Answer], now: datetime) -> None:
    """Write what the gateway said, under lock; one that it has never heard of may safely be handed over again."""
    keys = [row.pk for row in asked]
    rows = Handover.objects.filter(pk__in=keys, state=HandoverState.UNKNOWN).order_by("pk").select_for_update()
    held = set(rows.values_list("pk", flat=True))
    known = [(row, answer) for row, answer in zip(asked, answers, strict=True) if row.pk in held]
    there = [(row, Outcome.accepted("")) for row, answer in known if isinstance(answer, Found)]
    gone = [row for row, answer in known if answer is None]
    handing.write_each(handing.write_accepted, there, now)
    Handover.objects.filter(pk__in=[row.pk for row in gone]).update(state=HandoverState.QUEUED, due_at=now)
