"""Read a neighbour's JSON strictly: every field by its name, type and size, and nothing else. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any, NoReturn

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)  # RFC 3339
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # but for tab and line breaks


class Malformed(Exception):
    """The body does not follow the contract; `where` is the path of the field, never its value."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.where = where


def parse(body: bytes) -> Reader:
    """Parse UTF-8 JSON: an object, no name twice, no NaN. Raises Malformed."""
    try:
        found = json.loads(body.decode(), object_pairs_hook=once, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise Malformed("") from None  # the cause quotes the body
    return Reader(found, "")


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a dict; what one reader takes for the first of two, another takes for the last. Raises ValueError."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("twice")
    return dict(pairs)


def refuse(constant: str) -> NoReturn:
    """Refuse NaN and Infinity, which are no JSON. Raises ValueError."""
    raise ValueError(constant)


class Reader:
    """One object of the body; every name that is read is crossed off, and `close` refuses what is left."""

    def __init__(self, value: Any, where: str) -> None:
        self.where = where
        if not isinstance(value, dict):
            raise Malformed(where or "body")
        self.left: dict[str, Any] = dict(value)

    def path(self, name: str) -> str:
        """Return where the field stands."""
        return f"{self.where}.{name}" if self.where else name

    def take(self, name: str, *, is_right: Callable[[Any], bool]) -> Any:
        """Return the field and cross it off. Raises Malformed when it is missing or not right."""
        value = self.left.pop(name, None)
        if not is_right(value):
            raise Malformed(self.path(name))
        return value

    def text(self, name: str, longest: int) -> str:
        """Return 1 to `longest` characters, not all of them blank."""
        value: str = self.take(name, is_right=lambda said: is_text(said, longest))
        return value.replace("\r\n", "\n").replace("\r", "\n")

    def optional(self, name: str, longest: int) -> str:
        """Return the text, empty when the field is left out."""
        return self.text(name, longest) if name in self.left else ""

    def number(self, name: str, most: int) -> int:
        """Return a whole number from 1."""
        value: int = self.take(name, is_right=lambda said: type(said) is int and 1 <= said <= most)
        return value

    def one_of(self, name: str, choices: Collection[str]) -> str:
        """Return one of the words."""
        value: str = self.take(name, is_right=lambda said: isinstance(said, str) and said in choices)
        return value

    def moment(self, name: str) -> datetime:
        """Return a moment in UTC; the text must tell its offset."""
        value = self.take(name, is_right=lambda said: isinstance(said, str) and bool(MOMENT.fullmatch(said)))
        try:
            found = datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            raise Malformed(self.path(name)) from None
        if not 2000 <= found.year <= 2100:
            raise Malformed(self.path(name))
        return found.replace(microsecond=0)

    def part(self, name: str) -> Reader:
        """Return the object within."""
        return Reader(self.left.pop(name, None), self.path(name))

    def parts(self, name: str, most: int) -> list[Reader]:
        """Return the objects of a list, none when the field is left out."""
        if name not in self.left:
            return []
        found = self.take(name, is_right=lambda said: isinstance(said, list) and len(said) <= most)
        return [Reader(one, f"{self.path(name)}.{number}") for number, one in enumerate(found)]

    def any_text(self, name: str) -> str | None:
        """Return the text however long, None when the field is left out."""
        found: str | None = self.take(name, is_right=lambda said: isinstance(said, str)) if name in self.left else None
        return found

    def close(self) -> None:
        """Refuse what the contract does not name. Raises Malformed."""
        for name in self.left:
            raise Malformed(self.path(name)[:80])


def is_text(said: Any, longest: int) -> bool:
    """Whether it is text that can be shown and stored."""
    return isinstance(said, str) and 1 <= len(said) <= longest and bool(said.strip()) and not UNPRINTABLE.search(said)
