"""The environment tests run in; loaded by `-p tests.environment` before pytest-django reads the settings."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests-0123456789-0123456789-0123456789-abcdef")
os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("DATABASE_URL", "sqlite:///:memory:")
os.environ.setdefault("TWILIO_ACCOUNT_SID", "AC" + "0" * 32)
os.environ.setdefault("TWILIO_AUTH_TOKEN", "test-token")
os.environ.setdefault("MAILGUN_API_KEY", "test-key")
os.environ.setdefault("MAILGUN_WEBHOOK_SIGNING_KEY", "test-signing-key")
os.environ.setdefault("ANYMAIL_WEBHOOK_SECRET", "hook:secret")
os.environ.setdefault("SANDBOX_URL", "http://127.0.0.1:9")
os.environ.setdefault("TWILIO_BASE_URL", "http://127.0.0.1:9")
os.environ.setdefault("MAILGUN_API_URL", "http://127.0.0.1:9/v3")
os.environ.setdefault("PUSH_BASE_URL", "http://127.0.0.1:9/push/")
for provider in ("helsenorge", "besoklegen", "digicare"):
    os.environ.setdefault(f"{provider.upper()}_GATEWAY_URL", f"http://127.0.0.1:9/{provider}")
    os.environ.setdefault(f"{provider.upper()}_GATEWAY_TOKEN", f"{provider}-token")

os.environ.setdefault("ENGINE_HINTS", "0")
