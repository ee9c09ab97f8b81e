"""Which channels a notice takes, against the table of the specification (spec C2, C3, C6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import rules
from notifications.kinds import Channel, Kind
from patients.models import PreferredMethod

E, S, P = Channel.EMAIL, Channel.SMS, Channel.PUSH
ANY = (True, False)
YES, NO = (True,), (False,)
NONE, EMAIL, SMS, BOTH = PreferredMethod.NOT_CHOSEN, PreferredMethod.EMAIL, PreferredMethod.SMS, PreferredMethod.BOTH

# Row by row as printed in spec C2: preferred, e-mail, SMS, push, what goes out.
TABLE = [
    ((NONE,), YES, ANY, NO, {E}),
    ((NONE,), YES, ANY, YES, {E, P}),
    ((NONE,), NO, YES, NO, {S}),
    ((NONE,), NO, YES, YES, {S, P}),
    ((NONE,), NO, NO, YES, {P}),
    ((EMAIL,), YES, ANY, ANY, {E}),
    ((EMAIL,), NO, YES, ANY, {S}),
    ((SMS,), ANY, YES, ANY, {S}),
    ((SMS,), YES, NO, ANY, {E}),
    ((BOTH,), YES, YES, ANY, {E, S}),
    ((BOTH,), YES, NO, ANY, {E}),
    ((BOTH,), NO, YES, ANY, {S}),
    ((EMAIL, SMS, BOTH), NO, NO, ANY, set()),
    ((NONE,), NO, NO, NO, set()),
]
CASES = [
    (preferred, email, sms, push, goes)
    for methods, emails, smses, pushes, goes in TABLE
    for preferred in methods
    for email in emails
    for sms in smses
    for push in pushes
]
MODULE_KINDS = [kind for kind in Kind if kind not in (Kind.BULK_SMS, Kind.APP_INVITATION)]


def subsets(items):
    """Return every set of the items."""
    items = list(items)
    return [set(some) for some in chain.from_iterable(combinations(items, n) for n in range(len(items) + 1))]


def reachable(email, sms, push):
    """Return the possible channels."""
    return {channel for channel, possible in ((E, email), (S, sms), (P, push)) if possible}


def test_the_table_speaks_of_every_combination_exactly_once():
    """spec C2: 4 preferences × 8 sets of possible channels."""
    asked = [case[:4] for case in CASES]

    assert len(asked) == len(set(asked)) == 4 * 8


@pytest.mark.parametrize("kind", MODULE_KINDS)
@pytest.mark.parametrize(("preferred", "email", "sms", "push", "goes"), CASES)
def test_notice_takes_the_channels_of_the_table(kind, preferred, email, sms, push, goes):
    """spec C2."""
    found = rules.channels(preferred, kind, reachable(email, sms, push))

    assert sorted(found) == sorted(goes)


@pytest.mark.parametrize("preferred", PreferredMethod.values)
@pytest.mark.parametrize("possible", subsets(Channel))
def test_bulk_sms_goes_by_sms_or_not_at_all(preferred, possible):
    """spec C6."""
    assert set(rules.channels(preferred, Kind.BULK_SMS, possible)) == possible & {S}


@pytest.mark.parametrize("kind", [Kind.APPOINTMENT_REMINDER, Kind.RECEIPT])
@pytest.mark.parametrize("used", subsets(Channel))
@pytest.mark.parametrize("possible", subsets(Channel))
@pytest.mark.parametrize("failed", list(Channel))
def test_fallback_is_the_other_one_if_unused_and_possible(kind, failed, used, possible):
    """spec C3: e-mail and SMS stand in for each other once; push for nothing, and nothing for push."""
    other = {E: S, S: E, P: None}[failed]
    expected = other if other and other not in used and other in possible else None

    assert rules.fallback(kind, failed, used | {failed}, possible) == expected


@pytest.mark.parametrize("failed", list(Channel))
def test_bulk_sms_never_falls_back(failed):
    """spec C6."""
    assert rules.fallback(Kind.BULK_SMS, failed, {failed}, set(Channel)) is None


DUE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
START = DUE + timedelta(hours=30)


@pytest.mark.parametrize(
    ("kind", "dies"),
    [
        (Kind.APPOINTMENT_SET_UP, START),
        (Kind.APPOINTMENT_BOOKED, START),
        (Kind.APPOINTMENT_CHANGED, START),
        (Kind.APPOINTMENT_REMINDER, START),
        (Kind.APPOINTMENT_CANCELLED, DUE + timedelta(hours=24)),
        (Kind.APPOINTMENT_CALLED_OFF, DUE + timedelta(hours=24)),
        (Kind.DIALOG_RECEIVED, DUE + timedelta(hours=72)),
        (Kind.ANSWER_RECEIVED, DUE + timedelta(hours=72)),
        (Kind.ECONTACT, DUE + timedelta(hours=72)),
        (Kind.RECEIPT, DUE + timedelta(hours=72)),
        (Kind.BULK_SMS, DUE + timedelta(hours=24)),
    ],
)
def test_each_kind_dies_at_its_time(kind, dies):
    """spec D7 and design, section 3."""
    assert rules.expiry(kind, DUE, START) == dies


@pytest.mark.parametrize("kind", [kind for kind in Kind if not kind.startswith("appointment_")])
def test_what_is_not_about_an_appointment_needs_no_start(kind):
    """spec F4: an invitation from Convene is recorded without any appointment."""
    assert rules.expiry(kind, DUE) > DUE


CEILINGS = [5, 30, 120, 600, 1800, 3600]


@given(st.integers(min_value=0, max_value=10_000), st.floats(min_value=0, max_value=1))
def test_backoff_stays_between_a_second_and_its_ceiling(attempts, jitter):
    """design, section 3: full jitter over 5 s, 30 s, 2 m, 10 m, 30 m, 60 m."""
    ceiling = CEILINGS[min(max(attempts, 1), 6) - 1]

    wait = rules.backoff(attempts, jitter).total_seconds()

    assert 1 <= wait <= ceiling


@given(st.integers(min_value=1, max_value=100), st.floats(min_value=0, max_value=1))
def test_backoff_never_falls_when_attempts_rise(attempts, jitter):
    """design, section 3."""
    assert rules.backoff(attempts + 1, jitter) >= rules.backoff(attempts, jitter)
