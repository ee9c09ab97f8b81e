"""How many SMS parts a text takes, against a reference written from GSM 03.38 and 3GPP TS 23.040."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import segments

# The default alphabet's table as printed in GSM 03.38: 0x00 to 0x7F, the escape (0x1B) left out.
TABLE = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
ESCAPED = "\f^{}\\[~]|€"


def reference(text: str) -> tuple[int, bool]:
    """Return parts and alphabet, by building the very septets or UTF-16 units and cutting them."""
    is_gsm = all(char in TABLE + ESCAPED for char in text)
    letters = [("\x1b" + char if char in ESCAPED else char) for char in text] if is_gsm else list(text)
    length = len if is_gsm else (lambda letter: len(letter.encode("utf-16-be")) // 2)
    whole, room = (160, 153) if is_gsm else (70, 67)
    if sum(map(length, letters)) <= whole:
        return 1, is_gsm
    parts: list[int] = [0]
    for letter in letters:
        if parts[-1] + length(letter) > room:
            parts.append(0)
        parts[-1] += length(letter)
    return len(parts), is_gsm


def test_the_table_has_all_127_places():
    """GSM 03.38: 128 places, one of them the escape."""
    assert len(set(TABLE)) == 127
    assert set(TABLE) == segments.BASIC
    assert set(ESCAPED) == segments.EXTENDED


@pytest.mark.parametrize(
    ("text", "parts", "units"),
    [
        ("", 1, 0),
        ("a" * 160, 1, 160),
        ("a" * 161, 2, 161),
        ("a" * 306, 2, 306),
        ("a" * 307, 3, 307),
        ("a" * 158 + "€", 1, 160),
        ("a" * 159 + "€", 2, 161),
        ("a" * 152 + "€" + "a" * 152, 3, 306),  # the pair moves whole: 152 + 153 + 1
        ("a" * 151 + "€" + "a" * 153, 2, 306),
        ("€" * 76 + "a" + "€" * 76, 2, 305),
        ("€" * 80, 1, 160),
        ("€" * 81, 2, 162),
        ("€" * 152, 2, 304),  # 76 pairs a part: one place is lost in each
        ("€" * 153, 3, 306),
        ("č" * 70, 1, 70),
        ("č" * 71, 2, 71),
        ("č" * 134, 2, 134),
        ("č" * 135, 3, 135),
        ("😀" * 35, 1, 70),
        ("č" * 69 + "😀", 2, 71),
        ("č" * 66 + "😀" + "č" * 66, 3, 134),  # the surrogate pair moves whole: 66 + 67 + 1
        ("č" * 65 + "😀" + "č" * 67, 2, 134),
        ("😀" * 66, 2, 132),
        ("😀" * 67, 3, 134),
    ],
)
def test_parts_at_every_boundary(text, parts, units):
    """3GPP TS 23.040: 160/153 septets, 70/67 units; a pair never straddles two parts."""
    found = segments.size(text)

    assert (found.parts, found.units) == (parts, units)


@given(st.text(alphabet=TABLE + ESCAPED, max_size=500))
def test_gsm_texts_agree_with_the_reference(text):
    """GSM 03.38."""
    found = segments.size(text)

    assert (found.parts, found.is_gsm) == reference(text)


@given(st.text(alphabet=st.sampled_from("aæ€čŋ😀🇳"), max_size=250))
def test_mixed_texts_agree_with_the_reference(text):
    """GSM 03.38, UCS-2."""
    found = segments.size(text)

    assert (found.parts, found.is_gsm) == reference(text)


@pytest.mark.parametrize("char", "–—‑«»“”’‘…\u00a0")
def test_typographic_characters_do_not_cost_the_alphabet(char):
    """house style: ≤ 160 characters in GSM-7."""
    assert segments.size(segments.plain(f"Time{char}mandag")).is_gsm


@pytest.mark.parametrize("char", "áčđŋšŧžÁČĐŊŠŦŽ")
def test_sami_letters_are_kept_and_take_ucs2(char):
    """Names are never respelled."""
    text = segments.plain(f"Guovda{char}eaidnu")

    assert char in text
    assert not segments.size(text).is_gsm


@pytest.mark.parametrize("char", "æøåÆØÅäöüÄÖÜéÉ")
def test_norwegian_letters_stay_gsm(char):
    """GSM 03.38."""
    assert segments.size(f"B{char}").is_gsm
