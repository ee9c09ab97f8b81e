"""Quick search: one box for name, birth date, identity number, phone and local number (spec G1)."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q

from patients.identity import existing_date
from patients.models import Patient, Person
from patients.names import search_key

if TYPE_CHECKING:
    from clinics.models import Clinic

SHORTEST = 2  # characters
STARTS = 3  # words tried as the start of a name
LONGEST = 120  # characters; more is not a name
DAY_FIRST = re.compile(r"^(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})$")
YEAR_FIRST = re.compile(r"^(\d{4})-(\d{2})-(\d{2})$")
BARE = re.compile(r"^(\d{2})(\d{2})(\d{4}|\d{2})$")
NUMBER_MARKS = re.compile(r"[\s\u00a0().-]")


def quick(clinic: Clinic, text: str, *, limit: int = 20) -> list[Patient]:
    """Return the clinic's cards that fit, by name; they carry `is_active_user` (spec B4).

    Five queries at most. Words may stand in any order and be cut short; a date or a number among them narrows. Names
    that begin with a typed word come first. Under two characters: none.
    """
    typed = " ".join(text[:LONGEST].replace("\0", " ").split())
    wanted = condition(typed)
    if wanted is None:
        return []
    cards = Patient.objects.of(clinic).with_activity().filter(wanted)
    cards = cards.select_related("person", "general_practitioner").order_by("search_name", "pk")
    hits: list[Patient] = []
    # Names that begin with a typed word lie together in the index; the plan for any word may read past half of it.
    for narrowing in [Q(search_name__startswith=word) for word in search_key(typed).split()[:STARTS]] + [Q()]:
        if len(hits) < limit:
            hits += cards.filter(narrowing).exclude(pk__in=[hit.pk for hit in hits])[: limit - len(hits)]
    for hit in hits:
        hit.clinic = clinic  # the warning by the name asks what the clinic sends
    return hits


def condition(text: str) -> Q | None:
    """Return what the text asks for, or None when it asks for nothing."""
    if len(text) < SHORTEST:
        return None
    if whole := number_condition(text):
        return whole
    return words_condition(text)


def words_condition(text: str) -> Q | None:
    """Every word must fit: a date as birth date, a long number as number, the rest as the start of a name."""
    wanted, letters = Q(), 0
    for word in text.split():
        if number := number_condition(word):
            wanted &= number
            letters += len(word)
        for part in [] if number else search_key(word).split():
            wanted &= Q(search_name__startswith=part) | Q(search_name__contains=f" {part}")
            letters += len(part)
    wanted = wanted if letters >= SHORTEST else Q()
    own = Q(local_number=text) if re.search(r"[0-9]", text) else Q()
    return (wanted | own) or None


def number_condition(text: str) -> Q | None:
    """Return the condition when the whole text is a date, an identity number or a phone number."""
    wanted = Q()
    if dates := birth_dates(text):
        wanted |= Q(birth_date__in=dates)
    bare = NUMBER_MARKS.sub("", text)
    digits = bare.removeprefix("+").removeprefix("00")
    if not re.fullmatch(r"[0-9]{6,15}", digits):
        return wanted or None
    if len(bare) == 11:  # looked up by itself: an OR across two tables would read the whole table
        wanted |= Q(person__in=list(Person.objects.filter(national_number=bare)))
    wanted |= Q(mobile__in={f"+{digits}", f"+47{digits}"})
    return wanted | Q(local_number=text)


def birth_dates(text: str) -> list[date]:
    """Return the dates that dd.mm.yyyy, ddmmyy, ddmmyyyy or ISO may mean; two digits of year mean both centuries."""
    if match := YEAR_FIRST.match(text):
        year, month, day = match.groups()
    elif match := DAY_FIRST.match(text) or BARE.match(text):
        day, month, year = match.groups()
    else:
        return []
    years = [int(year)] if len(year) == 4 else [1900 + int(year), 2000 + int(year)]
    return [found for full in years if (found := existing_date(full, int(month), int(day)))]
