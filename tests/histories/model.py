"""What patients should have been told, worked out from the whole event log by the rules (spec A–D, J).

Nothing is queued and nothing is replayed: each appointment's news is cut into runs, each of which ends at the
engine's first tick at least five minutes after its last event; and each start an appointment has had is asked when a
tick first found its reminder due. Shares no line with the product, so that the two can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from tests.histories.facts import Cancelled, Module, Notice, Placed, Report, Restored, Type
from tests.histories.log import Log

WAIT = timedelta(minutes=5)
LEAD = timedelta(hours=48)
CANCELLATION_LIVES = timedelta(hours=24)
OTHER = {"email": "sms", "sms": "email"}


@dataclass(frozen=True)
class Outcome:
    """How one notice ended at a tick: sent, or stopped by any of the reasons."""

    notice: Notice
    tick: int
    reasons: frozenset[str]
    start: datetime


@dataclass(frozen=True, order=True)
class Hop:
    """One message a provider took: whom, about what, how, when, and what it tells."""

    clinic: str
    patient: str
    notice: Notice
    channel: str
    address: str
    at: datetime
    start: datetime
    practitioner: str


def hops(log: Log) -> list[Hop]:
    """Return every message that should have been handed over."""
    return [hop for outcome in outcomes(log) if not outcome.reasons for hop in _hops(log, outcome)]


def outcomes(log: Log) -> list[Outcome]:
    """Return how every notice that a tick has judged should have ended."""
    births = [f.appointment for f in log.facts if isinstance(f, Placed)]
    return [outcome for pk in births for outcome in (*_news(log, pk), *_reminders(log, pk))]


def waiting_news(log: Log, appointment: int) -> int:
    """Return how many pieces of news wait at the end of the log (spec D5: one at most)."""
    return sum(tick is None for _, tick in _runs(log, appointment))


def _news(log: Log, appointment: int) -> Iterator[Outcome]:
    """Yield how each run of events ended (spec D2–D5)."""
    for run, tick in _runs(log, appointment):
        kind = _kind(log, appointment, run)
        if kind and tick is not None:
            notice = (appointment, kind, log.facts[run[-1]].at + WAIT)
            yield Outcome(notice, tick, _reasons(log, notice, tick), log.terms(appointment, tick).start)


def _runs(log: Log, appointment: int) -> Iterator[tuple[list[int], int | None]]:
    """Yield the events that one piece of news is about, and the tick that judges it (None: it waits).

    An event makes news when module and type are on as it happens (spec C1), an import never does (D11). One that makes
    none ends a run whose news it makes untrue, and leaves other news as it is.
    """
    run: list[int] = []
    for place, following in pairwise([*log.own(appointment), len(log.facts)]):
        fact = log.facts[place]
        if log.on(appointment, place) and not (isinstance(fact, Placed) and fact.how == "import"):
            run.append(place)
        elif isinstance(fact, Cancelled | Restored):
            run = []
        if run and _kind(log, appointment, run) is None:
            run = []
        tick = log.tick(run[-1], log.facts[run[-1]].at + WAIT) if run else None
        if tick is not None and tick < following:
            yield run, tick
            run = []
    if run:
        yield run, None


def _kind(log: Log, appointment: int, run: list[int]) -> str | None:
    """Return what a run of events amounts to, or None when undoing left nothing to tell (spec D5)."""
    first, last = log.facts[run[0]], log.facts[run[-1]]
    if isinstance(last, Cancelled):
        return f"cancelled by {last.by}"
    if isinstance(first, Placed):
        return f"confirmed by {first.how}"
    if isinstance(first, Restored):
        return "confirmed by staff"
    if isinstance(last, Restored) and log.terms(appointment, run[0] - 1) == log.terms(appointment, run[-1]):
        return None
    return "changed"


def _reasons(log: Log, notice: Notice, i: int) -> frozenset[str]:
    """Return everything that stops a notice at a moment (spec C1, C2, D7)."""
    patient = log.birth(notice[0]).patient
    found = _stops(log, notice, i)
    return found if log.channels(patient, i) else found | {"not possible"}


def _stops(log: Log, notice: Notice, i: int) -> frozenset[str]:
    """Return everything but contact information that stops a notice at a moment."""
    appointment, kind, due = notice
    at, start, is_cancellation = log.facts[i].at, log.terms(appointment, i).start, kind.startswith("cancelled")
    untrue = is_cancellation == log.stands(appointment, i)
    late = at >= due + CANCELLATION_LIVES if is_cancellation else at >= start
    refuses = not log.consents(log.birth(appointment).patient, i)
    found = {"untrue": untrue, "too late": late, "no consent": refuses}
    return log.off(appointment, i) | {word for word, holds in found.items() if holds}


@dataclass
class Span:
    """From where until where in the log an appointment had one start and stood, and where it was restored in time."""

    begin: int
    end: int = -1
    restored: list[int] = field(default_factory=list)


def _reminders(log: Log, appointment: int) -> Iterator[Outcome]:
    """Yield how each start's reminder ended, at most one of them sent (spec D6–D8, D11)."""
    reminded: set[datetime] = set()
    for span in _spans(log, appointment):
        start, busy_until = log.terms(appointment, span.begin).start, -1
        for since, due in _dues(log, appointment, span, start):
            if since < busy_until or start in reminded:
                continue
            tick = _standing_tick(log, appointment, since, due, span.end)
            if tick is None:
                break
            busy_until = tick
            # Undone in time, it stands again, and falls due no earlier than that.
            due_then = max([due, *(log.facts[i].at for i in span.restored if since < i < tick)])
            notice = (appointment, "reminder", due_then)
            outcome = Outcome(notice, tick, _reasons(log, notice, tick), start)
            reminded |= set() if outcome.reasons else {start}
            yield outcome


def _standing_tick(log: Log, appointment: int, since: int, due: datetime, end: int) -> int | None:
    tick = log.tick(since, due)
    while tick is not None and not log.stands(appointment, tick):
        tick = log.tick(tick, due)
    return tick if tick is not None and tick < end else None


def _spans(log: Log, appointment: int) -> Iterator[Span]:
    """Yield the spans. A cancellation undone while its notice waited never happened (spec D5)."""
    span: Span | None = None
    for place, following in pairwise([*log.own(appointment), len(log.facts)]):
        if span and log.stands(appointment, place):
            if log.terms(appointment, place).start == log.terms(appointment, span.begin).start:
                continue
        elif span and _undone(log, appointment, place, following):
            span.restored.append(following)
            continue
        if span:
            span.end = place
            yield span
        span = Span(place) if log.stands(appointment, place) else None
    if span:
        span.end = len(log.facts)
        yield span


def _undone(log: Log, appointment: int, cancelled: int, restored: int) -> bool:
    """Tell whether a cancellation was undone before its notice went, both of them heard of."""
    if restored == len(log.facts) or not (log.on(appointment, cancelled) and log.on(appointment, restored)):
        return False
    tick = log.tick(cancelled, log.facts[cancelled].at + WAIT)
    return tick is None or tick > restored


def _dues(log: Log, appointment: int, span: Span, start: datetime) -> Iterator[tuple[int, datetime]]:
    """Yield from which fact, and when, a reminder of the start falls due (spec D6, D8, D11)."""
    due = start - LEAD
    places = [i for i in range(span.begin, span.end) if log.stands(appointment, i)]
    in_time = [i for i in places if log.facts[i].at <= due]
    if any(log.on(appointment, i) for i in in_time):
        yield span.begin, due
    if _is_barred(log, appointment, span, start):
        return
    zone = log.zones[log.birth(appointment).clinic]
    for i in places[1:]:
        at = log.facts[i].at
        came_on = log.off(appointment, i - 1) and log.on(appointment, i) and isinstance(log.facts[i], Module | Type)
        days = (start.astimezone(zone).date() - at.astimezone(zone).date()).days
        if came_on and at > due and days >= 2:
            yield i, at


def _is_barred(log: Log, appointment: int, span: Span, start: datetime) -> bool:
    """Tell whether the start came with an import less than 48 hours ahead and was never moved (spec D11)."""
    birth = log.birth(appointment)
    moved = any(log.terms(appointment, i).start != birth.terms.start for i in log.own(appointment) if i <= span.begin)
    return birth.how == "import" and birth.terms.start - birth.at < LEAD and not moved


def _hops(log: Log, outcome: Outcome) -> Iterator[Hop]:
    """Yield the messages of a notice that goes out: the table's channels, then each one's fallback (spec C2, C3)."""
    patient = log.birth(outcome.notice[0]).patient
    used = set(log.channels(patient, outcome.tick))
    for channel in sorted(used):
        yield _hop(log, outcome.notice, channel, outcome.tick)
    for i, fact in enumerate(log.facts):
        if isinstance(fact, Report) and fact.notice == outcome.notice and log.fails(i):
            other = OTHER[fact.channel]
            if other in used or not _may_go(log, outcome, other, i):
                continue
            used.add(other)
            tick = log.tick(i, fact.at)
            if tick is not None and _is_same(log, outcome, i, tick) and _may_go(log, outcome, other, tick):
                yield _hop(log, outcome.notice, other, tick)


def _may_go(log: Log, outcome: Outcome, channel: str, i: int) -> bool:
    appointment, kind, _ = outcome.notice
    moved = kind == "reminder" and log.terms(appointment, i).start != outcome.start
    possible = channel in log.possible(log.birth(appointment).patient, i)
    return possible and not moved and not _stops(log, outcome.notice, i)


def _is_same(log: Log, outcome: Outcome, opened: int, tick: int) -> bool:
    """Tell whether nothing happened to the appointment since the text was made."""
    return not any(opened < i < tick for i in log.own(outcome.notice[0]))


def _hop(log: Log, notice: Notice, channel: str, tick: int) -> Hop:
    birth, terms = log.birth(notice[0]), log.terms(notice[0], tick)
    address = "" if channel == "push" else log.address(birth.patient, channel, tick)
    return Hop(
        birth.clinic, birth.patient, notice, channel, address, log.facts[tick].at, terms.start, terms.practitioner
    )
