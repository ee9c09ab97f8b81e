"""Free text arrives as it is seen, and is never interpreted (threats 14–16, 32); deadlines over DST. Pure."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post import texts
from post.deadlines import answer_by
from post.models import DialogKind

OSLO = ZoneInfo("Europe/Oslo")
CLEANED = [
    ("Hei\r\nder\rnå\u2028slutt", "Hei\nder\nnå\nslutt"),
    ("bank\u202egnp.exe", "bankgnp.exe"),
    ("\u2066skjult\u2069", "skjult"),
    ("a\x00b\x07c\x1b[31md", "abc[31md"),
    ("  kant  ", "kant"),
    ("\ufeffHei\u200b!", "Hei!"),
    ("å" + "a\u030a", "åå"),
    ("en\n\n\n\n\n\nto", "en\n\n\nto"),
    ("👩\u200d⚕️ og می\u200cخواهم", "👩\u200d⚕️ og می\u200cخواهم"),
    ("\ud800løs", "løs"),
    ("tab\tstår", "tab\tstår"),
]
LITERAL = [
    "{{ patient.person.national_number }}",
    "{% load x %}",
    "{0.__class__}",
    "{p.__init__.__globals__}",
    "%s %(navn)s",
    "$navn ${navn}",
    "<script>alert(1)</script>",
    "[ukjent]",
]


@pytest.mark.parametrize(("typed", "kept"), CLEANED)
def test_what_cannot_be_seen_is_left_out(typed, kept):
    assert texts.clean(typed) == kept


@given(st.text(st.characters(), max_size=200))
def test_cleaning_can_be_stored_and_changes_nothing_twice(typed):
    """No control, bidi or surrogate is left, whatever comes in."""
    kept = texts.clean(typed)

    kept.encode()
    assert texts.clean(kept) == kept
    assert not [char for char in kept if unicodedata.bidirectional(char) in {"RLO", "LRO", "RLE", "LRE", "RLI", "LRI"}]
    assert not [char for char in kept if unicodedata.category(char) == "Cc" and char not in "\n\t"]


@given(st.text(st.characters(), max_size=200))
def test_a_subject_is_one_line(typed):
    """Threat 15: no line end can follow it anywhere."""
    assert len(texts.one_line(typed).splitlines()) <= 1


@pytest.mark.parametrize("text", LITERAL)
def test_nothing_but_the_fixed_words_is_filled_in(text):
    """Threat 14."""
    assert texts.fill(text, {"navn": "Kari", "fornavn": "K"}) == text


def test_what_a_value_holds_is_not_filled_in_again():
    """A patient named as a placeholder gets no one else's name."""
    assert texts.fill("[navn] [klinikk]", {"navn": "[klinikk]", "klinikk": "[navn]"}) == "[klinikk] [navn]"
    assert texts.fill("[navn]", {}) == "[navn]"


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),
    st.sampled_from(["Europe/Oslo", "Atlantic/Azores", "Australia/Lord_Howe", "America/St_Johns", "UTC"]).map(ZoneInfo),
)
def test_the_deadline_is_five_days_later_on_the_clock(at, zone):
    """research: domain.md, Post types. The same clock time, also over DST; a skipped time means just after the skip."""
    deadline = answer_by(DialogKind.E_CONSULTATION, at, zone)
    before, after = at.astimezone(zone), deadline.astimezone(zone)

    assert deadline.tzinfo == UTC
    assert timedelta(hours=119) <= deadline - at <= timedelta(hours=121)
    assert after.date() - before.date() == timedelta(days=5)
    skipped = after.time() != before.time()
    assert not skipped or timedelta() < after.replace(tzinfo=None) - before.replace(tzinfo=None) - timedelta(days=5)


DST = [
    (datetime(2026, 3, 26, 9, tzinfo=UTC), datetime(2026, 3, 31, 8, tzinfo=UTC)),  # 10.00 both, clock forward between
    (datetime(2026, 10, 22, 8, tzinfo=UTC), datetime(2026, 10, 27, 9, tzinfo=UTC)),  # and back
    (datetime(2026, 3, 24, 1, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # 02.30 is skipped: 03.30
    (datetime(2026, 11, 27, 9, tzinfo=UTC), datetime(2026, 12, 2, 9, tzinfo=UTC)),  # weekends count
]


@pytest.mark.parametrize(("written", "deadline"), DST)
def test_deadlines_in_oslo(written, deadline):
    assert answer_by(DialogKind.E_CONSULTATION, written, OSLO) == deadline


@pytest.mark.parametrize("kind", [kind for kind in DialogKind if kind != DialogKind.E_CONSULTATION])
def test_other_kinds_have_no_deadline(kind):
    assert answer_by(kind, datetime(2026, 3, 26, tzinfo=UTC), OSLO) is None
