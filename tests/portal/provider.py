"""A browser that goes through the sandbox's log-in provider, step by step, so that a test can spoil any of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from django.test import Client

from tests.sandbox.running import Sandbox

NUMBER = "20914695016"  # synthetic (month + 80)


def asked(answer: Any) -> dict[str, str]:
    """Return the query of where an answer sends the browser."""
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def picked(sandbox: Sandbox, query: dict[str, str], number: str = NUMBER) -> str:
    """Pick the person on the provider's page; return where the browser is sent, without the host."""
    answer = requests.post(
        sandbox.url + "/oidc/authorize", {**query, "number": number}, allow_redirects=False, timeout=10
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].removeprefix(sandbox.callback_url)


def log_in(client: Client, sandbox: Sandbox, number: str = NUMBER, path: str = "/min/logg-inn/sandkasse/") -> Any:
    """Log in; return the product's answer to the browser's return."""
    return client.get(picked(sandbox, asked(client.get(path)), number))
