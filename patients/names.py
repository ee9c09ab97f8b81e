"""Names as quick search compares them: no case, no accents, æøå folded (spec G1). Pure."""

import re
import unicodedata

FOLDED = str.maketrans({"æ": "ae", "ø": "o", "å": "a", "ä": "ae", "ö": "o", "ß": "ss", "đ": "d", "ŋ": "n", "ŧ": "t", "ð": "d", "þ": "th"})


def search_key(text: str) -> str:
    """Fold a name so that «Åse», «åse», «Aase» without double letters and «Ase» meet: «ase»."""
    lowered = unicodedata.normalize("NFC", text).lower().replace("aa", "a").translate(FOLDED)
    bare = "".join(char for char in unicodedata.normalize("NFD", lowered) if not unicodedata.combining(char))
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()
