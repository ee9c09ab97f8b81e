"""What each kind of resource must be able to: be found, be narrowed, and be written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from clinics.models import Clinic
from clinics.scope import ClinicQuerySet
from fhir_api.models import Scope

Narrowing = Callable[[str, Clinic], Q]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of resource. `write` takes a page of rows and may ask the database a constant number of times."""

    name: str
    scope: Scope
    rows: Callable[[Clinic], ClinicQuerySet]
    write: Callable[[Sequence[Any]], list[dict[str, Any]]]
    patient_of: Callable[[Any], int]
    narrowings: Mapping[str, Narrowing]
    types: Mapping[str, str]  # parameter → FHIR's type of it, for the capability statement
    posted_only: frozenset[str] = frozenset()  # parameters whose value must not stand in an address (spec C4)
