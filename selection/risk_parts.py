"""A piece of a programme's file that knows where it stands, so that what is wrong can be found (spec H1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from selection.risk_models import KEY_MAX


class ProgrammeError(ValueError):
    """A programme's file is wrong; says where and what."""


class Part:
    """A piece of the file that knows where it stands. Every key must be asked for, so that a misspelt one is seen."""

    def __init__(self, value: Any, where: str) -> None:
        self.value, self.where, self.asked = value, where, set[str]()

    def wrong(self, what: str) -> ProgrammeError:
        """Return the error for this place."""
        return ProgrammeError(f"{self.where}: {what}")

    def has(self, key: str) -> bool:
        """Whether the object has the key."""
        return isinstance(self.value, dict) and key in self.value

    def at(self, key: str) -> Part:
        """Return what stands under the key. Raises ProgrammeError when nothing does."""
        if not isinstance(self.value, dict):
            raise self.wrong("should be an object")
        if key not in self.value:
            raise self.wrong(f"lacks «{key}»")
        self.asked.add(key)
        return Part(self.value[key], f"{self.where}.{key}")

    def maybe(self, key: str, read: Callable[[Part], Any], otherwise: Any = None) -> Any:
        """Return what stands under the key, read so; otherwise this."""
        return read(self.at(key)) if self.has(key) else otherwise

    def done(self) -> None:
        """Refuse keys that nobody asked for. Raises ProgrammeError."""
        if unknown := sorted(set(self.value) - self.asked):
            raise self.wrong(f"has unknown keys: {', '.join(unknown)}")

    def each(self) -> Iterator[Part]:
        """Yield the parts of a list that is not empty. Raises ProgrammeError."""
        if not isinstance(self.value, list) or not self.value:
            raise self.wrong("should be a list with something in it")
        yield from (Part(value, f"{self.where}[{number}]") for number, value in enumerate(self.value))

    def text(self, longest: int = 300) -> str:
        """Return a text that is not blank. Raises ProgrammeError."""
        if not isinstance(self.value, str) or not self.value.strip() or len(self.value) > longest:
            raise self.wrong(f"should be a text of 1 to {longest} characters")
        return self.value

    def key(self) -> str:
        """Return a key: small letters, digits and hyphens. Raises ProgrammeError."""
        if not re.fullmatch(rf"[a-z0-9-]{{1,{KEY_MAX}}}", self.text()):
            raise self.wrong(f"should be 1 to {KEY_MAX} small letters, digits and hyphens")
        return str(self.value)

    def count(self) -> int:
        """Return a whole number above nought. Raises ProgrammeError."""
        if type(self.value) is not int or self.value < 1:
            raise self.wrong("should be a whole number above 0")
        return int(self.value)

    def number(self) -> float:
        """Return a number. Raises ProgrammeError."""
        if type(self.value) not in {int, float}:
            raise self.wrong("should be a number")
        return float(self.value)

    def day(self) -> date:
        """Return a day. Raises ProgrammeError."""
        try:
            return date.fromisoformat(self.text())
        except ValueError as error:
            raise self.wrong("should be a day such as 2026-07-01") from error

    def one_of(self, choices: dict[str, Any]) -> Any:
        """Return what the word stands for. Raises ProgrammeError."""
        if not isinstance(self.value, str) or self.value not in choices:
            raise self.wrong(f"should be one of {', '.join(choices)}")
        return choices[self.value]
