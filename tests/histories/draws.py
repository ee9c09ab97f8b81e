"""What histories are drawn from: moments near the boundaries of the rules, people, and odds."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hypothesis import strategies as st

from tests.histories.house import CARDS, PRACTITIONERS, TYPES

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MANY = 4  # appointments in one history: few, so that much happens to each
SEASONS = [  # each a few days before the clock changes in Norway (29.3., 25.10.) or New York (8.3., 1.11.)
    datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
    datetime(2026, 3, 27, 0, 59, 59, tzinfo=UTC),
    datetime(2026, 10, 22, 22, 0, tzinfo=UTC),
    datetime(2026, 3, 6, 7, 0, tzinfo=UTC),
    datetime(2026, 10, 30, 4, 0, tzinfo=UTC),
]
AHEAD = [
    *(3 * DAY, 48 * HOUR, 47 * HOUR, 2 * DAY + HOUR, 4 * DAY, 48 * HOUR + 4 * MINUTE, 10 * DAY, 46 * HOUR, 49 * HOUR),
    *(48 * HOUR - SECOND, 48 * HOUR + SECOND, HOUR, 30 * HOUR, 5 * MINUTE, 4 * MINUTE, timedelta(), -SECOND),
]
OF_DAY = [time(0), time(0, 0, 1), time(2, 30), time(12), time(23, 59, 59)]
REPORTS = [("dead",), ("failed",), ("delivered", "dead"), ("dead", "delivered"), ("failed", "dead"), ("delivered",)]

# A start: so long from now, or a time of day so many days from now in the clinic's time zone.
starts = st.one_of(st.sampled_from(AHEAD), st.tuples(st.integers(0, 4), st.sampled_from(OF_DAY)))
who = st.sampled_from(sorted(CARDS))
types = st.sampled_from([TYPES[0], TYPES[0], TYPES[0], *TYPES])
doctors = st.sampled_from(PRACTITIONERS)
sides = st.sampled_from(["staff", "staff", "patient"])
crashes = st.sampled_from([False] * 7 + [True])
picks = st.integers(0, 20)  # one of the rows there are, the latest first
nearest = st.sampled_from([0, 0, 0, 0, 1, 1, 2, 3, 5])
ticking = st.sampled_from([True, True, True, False])


def chosen(rows: object, pick: int) -> object:
    """Return one of the rows."""
    return rows[pick % len(rows)]
