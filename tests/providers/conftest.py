"""The stages on which every provider sits the same exam."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from py_vapid import Vapid

from notifications.providers.registry import forget
from tests.providers.stages import STAGES, MailgunStage, SmtpStage, Stage
from tests.sandbox.conftest import mailroom, open_mailroom, running_sandbox, sandbox
from tests.sandbox.running import Sandbox

__all__ = ["mailroom", "open_mailroom", "running_sandbox", "sandbox"]


@pytest.fixture(scope="session")
def vapid_key() -> str:
    from cryptography.hazmat.primitives.asymmetric import ec
    from py_vapid.utils import b64urlencode

    key = Vapid()
    key.generate_keys()
    assert isinstance(key.private_key, ec.EllipticCurvePrivateKey)
    return b64urlencode(key.private_key.private_numbers().private_value.to_bytes(32, "big"))


@pytest.fixture
def product(settings: object, sandbox: Sandbox, vapid_key: str) -> Iterator[object]:
    """The product's settings, pointed at the sandbox, with time-outs that a busy machine keeps."""
    settings.TWILIO_ACCOUNT_SID = os.environ["TWILIO_ACCOUNT_SID"]
    settings.TWILIO_AUTH_TOKEN = os.environ["TWILIO_AUTH_TOKEN"]
    settings.TWILIO_BASE_URL = sandbox.url
    settings.EMAIL_PROVIDER = "mailgun"
    settings.ANYMAIL = {
        "MAILGUN_API_KEY": os.environ["MAILGUN_API_KEY"],
        "MAILGUN_API_URL": sandbox.url + "/v3",
        "MAILGUN_SENDER_DOMAIN": "example.com",
        "MAILGUN_WEBHOOK_SIGNING_KEY": os.environ["MAILGUN_WEBHOOK_SIGNING_KEY"],
        "WEBHOOK_SECRET": [os.environ["ANYMAIL_WEBHOOK_SECRET"]],
    }
    settings.PUSH_BASE_URL = sandbox.url + "/push/"
    settings.VAPID_PRIVATE_KEY = vapid_key
    settings.PUBLIC_BASE_URL = "http://localhost:8000"
    settings.PROVIDER_CONNECT_TIMEOUT = 5.0
    settings.PROVIDER_TIMEOUT = settings.EMAIL_TIMEOUT = 15.0
    yield settings
    forget()


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest, product: object, sandbox: Sandbox, monkeypatch: object) -> Iterator[Stage]:
    with STAGES[request.param](product, sandbox, monkeypatch).open() as stage:
        yield stage


@pytest.fixture
def mailgun(product: object, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> MailgunStage:
    return MailgunStage(product, sandbox, monkeypatch)


@pytest.fixture
def smtp(product: object, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> object:
    with SmtpStage(product, sandbox, monkeypatch).open() as stage:
        yield stage
