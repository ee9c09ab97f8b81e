"""Names as quick search compares them: no case, no accents, æøå folded (spec G1). Pure."""

import re
import unicodedata
from functools import lru_cache

from django.core.exceptions import ValidationError

NAME_MAX = 150  # characters, as the card holds
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # controls, direction marks, lone surrogates, unassigned

FOLDED = str.maketrans(
    {"æ": "ae", "ø": "o", "å": "a", "ä": "ae", "ö": "o", "ß": "ss", "đ": "d", "ŋ": "n", "ŧ": "t", "ð": "d", "þ": "th"}
)


@lru_cache(maxsize=10_000)  # an import folds the same names over and over
def search_key(text: str) -> str:
    """Fold a name so that «Åse», «åse», «Aase» without double letters and «Ase» meet: «ase»."""
    lowered = unicodedata.normalize("NFC", text).lower().replace("aa", "a").translate(FOLDED)
    bare = "".join(char for char in unicodedata.normalize("NFD", lowered) if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()


def clean_name(text: str) -> str:
    """Return the name in NFC without control and direction characters, blanks folded to one (threat 32).

    Raises ValidationError above 150 characters.
    """
    if text.isascii() and text.isprintable():
        return short_enough(" ".join(text.split()))
    readable = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", text))
    visible = "".join(char for char in readable if unicodedata.category(char) not in UNSEEN)
    return short_enough(" ".join(visible.split()))


def short_enough(name: str) -> str:
    """Return the name. Raises ValidationError above 150 characters."""
    if len(name) > NAME_MAX:
        raise ValidationError(f"Navnet er for langt. Skriv høyst {NAME_MAX} tegn.", code="long_name")
    return name
