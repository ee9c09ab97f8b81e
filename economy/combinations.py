"""Which taksts do not belong together, as the tariff's rules say: warnings, never a refusal (spec F1). Pure.

A row's rules: `not_with` (codes or whole numbers: «1» means 1ad, 1bd …; «*» means all), `except` (codes that may),
`only_with`, `needs`, `once` (not repeated on a card), `once_per_day` (for the patient).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Item:
    """A takst on a card, or on the patient's other cards of the same day."""

    code: str
    quantity: int = 1
    rules: Mapping[str, Any] = field(default_factory=dict)


def warnings(mine: Sequence[Item], others: Sequence[Item] = ()) -> list[str]:
    """Return what staff should look at, in bokmål: each thing once, in the order of the lines.

    `others` are the taksts on the patient's other cards of the same day: Helfo looks at the day, not at the card.
    """
    found: list[str] = []
    for place, item in enumerate(mine):
        found += clashes(item, mine[place + 1 :], _("%(a)s kan ikke kombineres med %(b)s."))
        found += clashes(item, others, _("%(a)s kan ikke kombineres med %(b)s, som står på et annet kort samme dag."))
        found += alone(item, [*mine[:place], *mine[place + 1 :]])
        found += repeated(item, mine[:place], others)
    return list(dict.fromkeys(found))


def matches(pattern: str, code: str) -> bool:
    """Whether the code is meant: the same code, any code of that number («11» means 11ad), or all."""
    if pattern == "*":
        return True
    number = NUMBER.match(code)
    is_number = pattern.isdecimal() and number is not None and number.group() == pattern
    return is_number or pattern.lower() == code.lower()


def any_matches(patterns: Iterable[str], code: str) -> bool:
    """Whether one of the patterns means the code."""
    return any(matches(pattern, code) for pattern in patterns)


def excludes(rules: Mapping[str, Any], code: str) -> bool:
    """Whether the rules say no to standing with the code."""
    if any_matches(rules.get("except", ()), code):
        return False
    only = rules.get("only_with")
    return any_matches(rules.get("not_with", ()), code) or (only is not None and not any_matches(only, code))


def clashes(item: Item, rest: Iterable[Item], words: str) -> list[str]:
    """Return a warning for each takst that the item, or that itself, excludes."""
    return [
        words % {"a": item.code, "b": other.code}
        for other in rest
        if other.code != item.code and (excludes(item.rules, other.code) or excludes(other.rules, item.code))
    ]


def alone(item: Item, rest: Sequence[Item]) -> list[str]:
    """Return a warning when none of the taksts that it needs stands on the card."""
    needed = item.rules.get("needs", ())
    if not needed or any(any_matches(needed, other.code) for other in rest):
        return []
    return [_("%(a)s forutsetter %(b)s på samme kort.") % {"a": item.code, "b": _(" eller ").join(needed)}]


def repeated(item: Item, before: Sequence[Item], others: Sequence[Item]) -> list[str]:
    """Return a warning when a takst stands more often than it may, on the card or on the day."""
    often = item.quantity > 1 or any(other.code == item.code for other in before)
    today = any(other.code == item.code for other in others)
    found = []
    if often and (item.rules.get("once") or item.rules.get("once_per_day")):
        found.append(_("%(a)s kan ikke gjentas på samme kort.") % {"a": item.code})
    if today and item.rules.get("once_per_day"):
        found.append(_("%(a)s kan brukes én gang per pasient og dag, og står på et annet kort.") % {"a": item.code})
    return found
