"""The fixed set of names that staff can write in a text, filled in for each recipient. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from notifications.messages import one_line

NAMES = {  # what stands between braces, and what it says
    "fornavn": _("Pasientens fornavn"),
    "klinikk": _("Klinikkens navn i varsler"),
    "telefon": _("Klinikkens telefonnummer"),
}
PERSONAL = frozenset({"fornavn"})  # differ from one recipient to the next
ADDRESSED = re.compile(r"(^|[.!?]\s+|\n\s*)\{\s*fornavn\s*\}[,:!]?\s*(\w?)", re.IGNORECASE)  # begins a sentence
NAMED = re.compile(r" ?\{\s*fornavn\s*\}", re.IGNORECASE)
BRACES = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Filled:
    """What one recipient's names stand for."""

    given_name: str
    clinic: str
    phone: str

    def values(self) -> Mapping[str, str]:
        """Return the values by name, each on one line and without control characters."""
        said = {"fornavn": self.given_name, "klinikk": self.clinic, "telefon": self.phone}
        return {name: one_line(value) for name, value in said.items()}


def unknown(text: str) -> list[str]:
    """Return what stands in braces and is no name of ours, as written."""
    return [found for found in dict.fromkeys(BRACES.findall(text)) if found.strip().lower() not in NAMES]


def is_personal(text: str) -> bool:
    """Whether the text differs from one recipient to the next."""
    return any(name.strip().lower() in PERSONAL for name in BRACES.findall(text))


def nameless(text: str) -> str:
    """Take the patient's name out of a text that a proxy gets: it names nobody (spec K2)."""
    spoken_to = ADDRESSED.sub(lambda found: found[1] + found[2].upper(), text)
    return NAMED.sub("", spoken_to)


def fill(text: str, filled: Filled) -> str:
    """Put the values in, once: a value that looks like a name stays as it is."""
    values = filled.values()
    return BRACES.sub(lambda found: values.get(found[1].strip().lower(), found[0]), text)
