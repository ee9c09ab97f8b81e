"""Free text as people write it: cleaned of what cannot be seen, never interpreted (threats 14–16, 32). Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django import forms

# Marks that turn the reading direction or cannot be seen. The joiners U+200C and U+200D stay: scripts and emoji need
# them. Lone surrogates cannot be stored.
INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
LINE_ENDS = re.compile("\r\n|[\r\u0085\u2028\u2029]")
BLANKS = re.compile(r"\n{4,}")


def clean(text: str) -> str:
    """Return the text in NFC, with plain line ends and without invisible characters; what is left is what is seen."""
    plain = INVISIBLE.sub("", LINE_ENDS.sub("\n", text))
    return BLANKS.sub("\n\n\n", unicodedata.normalize("NFC", plain)).strip()


def one_line(text: str) -> str:
    """Return the text on one line, for subjects and names."""
    return " ".join(clean(text).split())


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values in for [navn]-like words, in one pass: what a value holds is never read as a placeholder.

    Only the names in `values` are placeholders; everything else stays as written, `{{ }}`, `{0}` and `%s` included.
    """
    if not values:
        return template
    wanted = re.compile("|".join(re.escape(f"[{name}]") for name in values))
    return wanted.sub(lambda found: values[found[0][1:-1]], template)


class PlainField(forms.CharField):
    """A text field that takes what is seen and leaves out what is not."""

    def to_python(self, value: Any) -> str:
        """Clean before anything is counted or refused."""
        return clean(str(value)) if value not in self.empty_values else ""


class LineField(forms.CharField):
    """The same, on one line."""

    def to_python(self, value: Any) -> str:
        """Clean before anything is counted or refused."""
        return one_line(str(value)) if value not in self.empty_values else ""
