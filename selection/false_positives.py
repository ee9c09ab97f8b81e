"""Who is marked *falsk positiv* now: asked by the overview, and by every check before a send (spec H2, H3)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from selection.models import Origin, Selection
from selection.risk_models import FalsePositive, RiskAnalysis


def among(selection: Selection) -> QuerySet[Any, int]:
    """Return the ids of the clinic's patients who are marked now for the programme that the selection came from.

    Not only its members: the caller intersects, in one statement. Nothing for a selection that came from no risk
    analysis; a new send of what a risk bulk left out asks with the first bulk's selection.
    """
    marks = FalsePositive.objects.of(selection.clinic).standing()
    if selection.origin != Origin.RISK:
        return marks.none().values_list("patient_id", flat=True)
    programme = RiskAnalysis.objects.of(selection.clinic).filter(pk=selection.origin_id).values("programme")[:1]
    return marks.filter(programme=programme).values_list("patient_id", flat=True)
