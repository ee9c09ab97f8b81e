"""From what the clock on the wall says to UTC, right over both DST changes (spec D14). Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

FIRST, SECOND = "first", "second"  # which 02:30, when the clock is put back
AMBIGUOUS = "ambiguous"


def resolve(day: date, at: time, zone: ZoneInfo, which: str = "") -> datetime:
    """Return the moment in UTC. Raises ValidationError for a time that is skipped, or that comes twice unless told."""
    local = datetime.combine(day, at)
    if not exists(local, zone):
        raise ValidationError(
            _("Klokken stilles fram denne natten, så %(time)s finnes ikke. Velg et tidspunkt etter omstillingen.")
            % {"time": f"{at:%H:%M}"},
            code="gap",
        )
    if comes_twice(local, zone) and which not in (FIRST, SECOND):
        raise ValidationError(
            _("Klokken stilles tilbake denne natten, så %(time)s kommer to ganger. Velg hvilken du mener.")
            % {"time": f"{at:%H:%M}"},
            code=AMBIGUOUS,
        )
    return local.replace(tzinfo=zone, fold=1 if which == SECOND else 0).astimezone(UTC)


def exists(local: datetime, zone: ZoneInfo) -> bool:
    """Whether the clock ever shows this; in spring an hour is skipped."""
    return local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local


def comes_twice(local: datetime, zone: ZoneInfo) -> bool:
    """Whether the clock shows this twice; in autumn an hour is repeated."""
    first, second = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return exists(local, zone) and first != second


def day_bounds(first: date, days: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when the first day begins and the last one ends, in UTC; a day may have 23 or 25 hours."""
    start, end = (datetime.combine(day, time(), zone) for day in (first, first + timedelta(days=days)))
    return start.astimezone(UTC), end.astimezone(UTC)


def which_of(moment: datetime, zone: ZoneInfo) -> str:
    """Return which of two equal clock times a moment is; empty for ordinary times."""
    local = moment.astimezone(zone)
    if not comes_twice(local.replace(tzinfo=None, fold=0), zone):
        return ""
    return SECOND if local.fold else FIRST
