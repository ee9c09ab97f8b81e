"""OperationOutcome: how the API says what went wrong. Codes and words, never a value of a patient's. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse

from fhir_api.words import encoded

JSON = "application/fhir+json; charset=utf-8"


class Problem(Exception):
    """A request that cannot be answered: HTTP status, FHIR's issue type, and what to do about it, in English."""

    def __init__(self, status: int, code: str, words: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(words)
        self.status, self.code, self.words, self.headers = status, code, words, headers or {}


def outcome(issues: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    """Return the resource for (severity, issue type, words) of each issue."""
    lines = [{"severity": severity, "code": code, "diagnostics": words} for severity, code, words in issues]
    return {"resourceType": "OperationOutcome", "issue": lines}


def response(problem: Problem) -> HttpResponse:
    """Return the answer that tells the problem."""
    body = encoded(outcome([("error", problem.code, problem.words)]))
    return HttpResponse(body, status=problem.status, content_type=JSON, headers=problem.headers)
