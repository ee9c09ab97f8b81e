"""Take the fields of a JSON object one by one, and refuse what does not fit, in bokmål. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from selection import criteria as c

MOST_CODES = 60  # of one criterion
MOST_DAYS = 36_500


class Unreadable(ValueError):
    """A search that cannot be read; says where and why."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path, self.why = path, why


class Fields:
    """The fields of one JSON object, each asked for once; what is left over is unknown."""

    def __init__(self, given: Any, path: str) -> None:
        if not isinstance(given, dict) or not all(isinstance(key, str) for key in given):
            raise Unreadable(path, _("Her skal det stå et objekt."))
        self.left: dict[str, Any] = dict(given)
        self.path = path

    def refuse(self, key: str, why: str) -> Unreadable:
        """Return the error for a field."""
        return Unreadable(f"{self.path}.{key}", why)

    def done(self) -> None:
        """Refuse fields that nobody asked for."""
        for key in self.left:
            raise Unreadable(self.path, _("Feltet %(key)s er ukjent.") % {"key": key[:40]})

    def choice(self, key: str, choices: Any, default: str | None = None) -> str:
        """Return one of the words."""
        value = self.left.pop(key, default)
        if not isinstance(value, str) or value not in choices:
            raise self.refuse(key, _("Velg en av: %(words)s.") % {"words": ", ".join(filter(None, choices))})
        return value

    def flag(self, key: str) -> bool:
        """Return true or false; false when it is not there."""
        value = self.left.pop(key, False)
        if not isinstance(value, bool):
            raise self.refuse(key, _("Skal være true eller false."))
        return value

    def number(self, key: str, low: int, high: int) -> int | None:
        """Return a whole number in the span, or None."""
        value = self.left.pop(key, None)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.refuse(key, _("Skriv et helt tall fra %(low)s til %(high)s.") % {"low": low, "high": high})
        return value

    def amount(self, key: str) -> Decimal | None:
        """Return a measured value written as text, as the journal can hold it, or None."""
        value = self.left.pop(key, None)
        if value is None:
            return None
        try:
            found = Decimal(value) if isinstance(value, str) and len(value) < 20 else Decimal("NaN")
        except InvalidOperation:
            found = Decimal("NaN")
        exponent = found.as_tuple().exponent
        if not found.is_finite() or abs(found) >= 10**10 or not isinstance(exponent, int) or not -4 <= exponent <= 10:
            raise self.refuse(key, _("Skriv et tall med høyst fire desimaler."))
        return found

    def day(self, key: str) -> date | None:
        """Return a date written as 2026-11-24, or None."""
        value = self.left.pop(key, None)
        if value is None:
            return None
        try:
            found = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
        except ValueError:
            found = None
        if found is None or not 1900 <= found.year <= 2199:
            raise self.refuse(key, _("Datoen finnes ikke. Skriv den som 2026-11-24."))
        return found

    def items(self, key: str, most: int) -> list[Any]:
        """Return a list; empty when it is not there."""
        value = self.left.pop(key, [])
        if not isinstance(value, list) or len(value) > most:
            raise self.refuse(key, _("Skal være en liste med høyst %(most)s.") % {"most": most})
        return value

    def texts(self, key: str, clean: Callable[[str], str]) -> tuple[str, ...]:
        """Return texts, each made normal."""
        found = []
        for value in self.items(key, MOST_CODES):
            try:
                found.append(clean(value if isinstance(value, str) else ""))
            except ValueError as error:
                raise self.refuse(key, str(error)) from error
        return tuple(found)

    def period(self, *, season: bool = False) -> c.Period:
        """Return the period, ever when none is given; only vaccines have a season."""
        if "period" not in self.left:
            return c.EVER
        inner = Fields(self.left.pop("period"), f"{self.path}.period")
        first, last = inner.day("from"), inner.day("to")
        found = c.Period(
            days=inner.number("days", 0, MOST_DAYS), first=first, last=last, season=season and inner.flag("season")
        )
        inner.done()
        if sum([found.days is not None, bool(first or last), found.season]) > 1:
            raise Unreadable(inner.path, _("Velg dager, datoer eller sesong, ikke flere."))
        if first and last and last < first:
            raise Unreadable(inner.path, _("Til-datoen er før fra-datoen."))
        return found
