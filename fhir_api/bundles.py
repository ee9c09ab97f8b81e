"""A page of a search as a Bundle, with the address of the next page; keyset, so a page costs the same anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from clinics.models import Clinic
from fhir_api.codes import BASE
from fhir_api.kinds import Kind
from fhir_api.outcomes import outcome
from fhir_api.parameters import Search, shown


def found(kind: Kind, search: Search, clinic: Clinic) -> tuple[list[Any], dict[str, Any]]:
    """Return the page's rows and the Bundle, in a constant number of queries. Raises Problem for a bad value."""
    rows = kind.rows(clinic)
    for name, value in search.wanted:
        rows = rows.filter(kind.narrowings[name](value, clinic))
    some = list(rows.filter(pk__gt=search.after).order_by("pk")[: search.count + 1])
    page = some[: search.count]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if search.total == "accurate":
        bundle["total"] = rows.count()
    last = page[-1].pk if len(some) > search.count else None
    bundle["link"] = links(kind, search, last)
    if entries := [*entries_of(kind, page), *warning(search)]:
        bundle["entry"] = entries
    return page, bundle


def entries_of(kind: Kind, page: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the resources with their addresses."""
    return [
        {"fullUrl": f"{BASE}/{kind.name}/{one['id']}", "resource": one, "search": {"mode": "match"}}
        for one in kind.write(page)
    ]


def warning(search: Search) -> list[dict[str, Any]]:
    """Return an entry that says which parameters were not used, if any."""
    if not search.unknown:
        return []
    words = f"Ignored search parameter: {shown(search.unknown)}"
    return [{"resource": outcome([("warning", "not-supported", words)]), "search": {"mode": "outcome"}}]


def links(kind: Kind, search: Search, last: int | None) -> list[dict[str, str]]:
    """Return the search as it was carried out, and the next page if there is one.

    A number that came in a posted search is in no address (spec C4): it is left out of `self`, and there is no next.
    """
    wanted = [(name, value) for name, value in search.wanted if name not in kind.posted_only]
    control = [("_count", str(search.count))] + ([("_total", search.total)] if search.total else [])
    places = {"self": search.after, "next": last}
    return [
        {"relation": relation, "url": f"{BASE}/{kind.name}?{urlencode([*wanted, *control, *cursor(after)])}"}
        for relation, after in places.items()
        if after is not None
    ]


def cursor(after: int) -> list[tuple[str, str]]:
    """Return the parameter that tells where a page begins; none for the first."""
    return [("_cursor", str(after))] if after else []
