"""How many SMS parts a text takes: GSM 03.38 (160/153) or UCS-2 (70/67). Pure."""

from __future__ import annotations

from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€\f")  # an escape and a letter: two places, never split between parts
TYPOGRAPHY = str.maketrans(
    {
        "–": "-",
        "—": "-",
        "‑": "-",
        "«": '"',
        "»": '"',
        "“": '"',
        "”": '"',
        "’": "'",
        "‘": "'",
        "…": "...",
        "\u00a0": " ",
    }
)


@dataclass(frozen=True, slots=True)
class Size:
    """What a text costs."""

    parts: int
    units: int  # places used, of the alphabet below
    is_gsm: bool


def plain(text: str) -> str:
    """Replace typographic characters, which would halve the room, by what GSM-7 has; letters are kept."""
    return text.translate(TYPOGRAPHY)


def size(text: str) -> Size:
    """Count parts. A pair (escape + letter, or a surrogate pair) never straddles two parts."""
    is_gsm = all(char in BASIC or char in EXTENDED for char in text)
    if is_gsm:
        widths = [2 if char in EXTENDED else 1 for char in text]
        single, each = 160, 153
    else:
        widths = [2 if ord(char) > 0xFFFF else 1 for char in text]
        single, each = 70, 67
    units = sum(widths)
    return Size(1 if units <= single else pack(widths, each), units, is_gsm)


def pack(widths: list[int], room: int) -> int:
    """Return how many parts of `room` places the widths fill without splitting one."""
    parts, left = 1, room
    for width in widths:
        if width > left:
            parts, left = parts + 1, room
        left -= width
    return parts
